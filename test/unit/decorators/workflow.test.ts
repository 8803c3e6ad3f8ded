import { expect, test } from '@jest/globals';
import { LlmCall, Retrieval, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

class Rag {
  @Workflow('rag.answer')
  async answer(question: string): Promise<string> {
    return this.ask(await this.search(question));
  }
  @Workflow()
  summarise(): string {
    return 'short';
  }
  @Workflow({ name: (topic: string) => `about.${topic}`, attributes: { team: 'search' } })
  explain(topic: string): void {
    throw new TypeError(topic);
  }
  @Retrieval({ dataSource: 'docs' })
  async search(question: string): Promise<string[]> {
    return [question];
  }
  @LlmCall({ model: 'gpt-4o' })
  async ask(documents: string[]): Promise<string> {
    return documents.join();
  }
}

test('a workflow is named, and parent of the calls that it is made of', async () => {
  await expect(new Rag().answer('why')).resolves.toBe('why');

  expect(telemetry.spans.map(({ name, parent }) => ({ name, parent }))).toEqual([
    { name: 'retrieval docs', parent: 'invoke_workflow rag.answer' },
    { name: 'chat gpt-4o', parent: 'invoke_workflow rag.answer' },
    { name: 'invoke_workflow rag.answer', parent: undefined },
  ]);
  const attributes = {
    'annotel.operation': 'invoke_workflow',
    'code.function.name': 'Rag.answer',
    'gen_ai.operation.name': 'invoke_workflow',
    'gen_ai.workflow.name': 'rag.answer',
  };
  expect(telemetry.spans[2]).toEqual({ name: 'invoke_workflow rag.answer', kind: 'INTERNAL', attributes });
  expect(telemetry.logs[2]).toEqual({
    eventName: 'annotel.call',
    severity: 'DEBUG',
    body: 'Rag.answer succeeded',
    attributes,
  });
});

test('without a name it is called as its method', () => {
  new Rag().summarise();
  expect(telemetry.span).toMatchObject({
    name: 'invoke_workflow Rag.summarise',
    attributes: { 'gen_ai.workflow.name': 'Rag.summarise' },
  });
});

test('its name may depend on the arguments, and a failure is told as an exception', () => {
  expect(() => new Rag().explain('sampling')).toThrow(new TypeError('sampling'));
  expect(telemetry.span).toMatchObject({
    name: 'invoke_workflow about.sampling',
    error: 'sampling',
    attributes: { 'gen_ai.workflow.name': 'about.sampling', 'error.type': 'TypeError', team: 'search' },
  });
  expect(telemetry.logs).toMatchObject([{ eventName: 'exception', severity: 'WARN' }]);
});
