import { Agent, Retrieval, ToolCall, Workflow } from '../../../lib/index.js';
import type { Canaries } from './canary.js';

/** What an app does around a model call: every kind of decorated method, each with canaries in what goes in and out. */
export class App {
  constructor(private readonly canaries: Canaries) {}

  @Workflow('triage')
  async triage(question: string, call: () => Promise<unknown>): Promise<unknown> {
    await this.find(this.canaries.word('query'));
    const given = {
      city: this.canaries.word('tool-argument'),
      nested: [{ note: this.canaries.word('tool-argument') }],
    };
    await this.lookUp(given);
    await this.lookUp(given, true).catch(() => {});
    return this.answer(question, call);
  }

  @Agent({ name: 'helper' })
  async answer(_question: string, call: () => Promise<unknown>): Promise<unknown> {
    return call();
  }

  @Retrieval({ dataSource: 'papers' })
  async find(_query: string): Promise<unknown[]> {
    return [{ pageContent: this.canaries.word('document'), metadata: { title: this.canaries.word('document-title') } }];
  }

  @ToolCall()
  async lookUp(given: object, fails = false): Promise<unknown> {
    if (fails) throw new RangeError(`no such place in ${JSON.stringify(given)}`);
    return { sky: this.canaries.word('tool-result') };
  }
}
