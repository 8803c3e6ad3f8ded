import { describe, expect, test } from '@jest/globals';
import { useWireServer } from '../support/wire-server.js';
import { Canaries, leaks } from './support/canary.js';
import { anthropic, bedrockConverse, bedrockInvoke } from './support/canary-anthropic.js';
import { App } from './support/canary-app.js';
import type { Family, Reply } from './support/canary-family.js';
import { langChain, langChainHandler, vercel, vercelEmbeddings } from './support/canary-frameworks.js';
import * as google from './support/canary-google.js';
import * as mistral from './support/canary-mistral.js';
import { azureInference, openAIChat, openAIEmbeddings, openAIResponses } from './support/canary-openai.js';
import { useOutlet } from './support/canary-pipeline.js';

/*
 * While content is not captured, nothing that anybody says leaves the process: not what is asked, not what is answered, not what
 * an error repeats of either. Stop sequences are no content: the conventions have an attribute for them.
 */

const FAMILIES: readonly Family[] = [
  ...[openAIChat, openAIResponses, openAIEmbeddings, azureInference, anthropic, bedrockConverse, bedrockInvoke],
  ...Object.values(google),
  ...Object.values(mistral),
  ...[vercel, vercelEmbeddings, langChain, langChainHandler],
];

/** What an API may repeat of a prompt in its error message. */
const QUOTES: Readonly<Record<string, (prompt: string) => string>> = {
  'the whole prompt': (prompt) => `Invalid prompt: ${prompt}`,
  'a part of it': (prompt) => `Invalid value near '${prompt.slice(200, 260)}'.`,
  'the prompt as JSON': (prompt) => `Could not parse {"content":${JSON.stringify(prompt)}}`,
  'the prompt as JSON in ASCII': (prompt) => `Invalid: ${ascii(JSON.stringify(prompt))}`,
  'the prompt as JSON within JSON': (prompt) => `Invalid: ${JSON.stringify(JSON.stringify(prompt))}`,
};
const ascii = (text: string) =>
  text.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

interface Case {
  readonly reply: Reply;
  readonly how: 'ask' | 'stream';
  /** What an error message makes of the prompt. */
  readonly quote?: (prompt: string) => string;
}

function casesOf({ answers, streams = {}, broken = {}, error, stream }: Family): [name: string, Case][] {
  const rejection: Reply = ({ quoted = '' }) => error(quoted);
  const each = (replies: Readonly<Record<string, Reply>>, name: (what: string) => string, more: Omit<Case, 'reply'>) =>
    Object.entries(replies).map(([what, reply]): [string, Case] => [name(what), { reply, ...more }]);
  const [first, ...quotes] = Object.entries(QUOTES).map(([what, quote]): [string, Case] => [
    `an error that quotes ${what}`,
    { reply: rejection, how: 'ask', quote },
  ]);
  const quote = QUOTES['the whole prompt'] as (prompt: string) => string;
  return [
    ...each(answers, (what) => `an answer, ${what}`, { how: 'ask' }),
    ...each(streams, (what) => `a stream, ${what}`, { how: 'stream' }),
    ...each(broken, (what) => `a stream that ends with ${what}`, { how: 'stream', quote }),
    first as [string, Case],
    ...quotes,
    ...each(stream ? { refused: rejection } : {}, () => 'a stream that is refused', { how: 'stream', quote }),
  ];
}

describe.each(['http/json', 'http/protobuf'] as const)('by OTLP as %s', (protocol) => {
  const outlet = useOutlet(protocol);
  const server = useWireServer();

  describe.each(FAMILIES.map((family) => [family.name, family] as const))('%s', (_name, family) => {
    test.each(casesOf(family))('%s', async (what, { reply, how, quote }) => {
      const prompt = new Canaries(family.name).text('user');
      const canaries = new Canaries(family.name, quote?.(prompt));
      server.reply(reply(canaries));
      const call = async () => family[how]?.(server, family.request(canaries, prompt));
      const outcome = await new App(canaries).triage(canaries.word('question'), call).catch((error: Error) => error);

      // The canaries were there to be seen.
      expect(leaks(Buffer.from(JSON.stringify(server.requests)))).not.toEqual([]);
      if (quote && !what.endsWith('a cut')) expect(leaks(seen(outcome))).not.toEqual([]);
      const { traces, logs, metrics } = await outlet.exported();
      expect(traces.toString()).toContain('triage');
      expect(logs.toString()).toContain('helper');
      expect(metrics.toString()).toContain('annotel.calls');
      expect(outlet.printed().toString()).toContain('triage');
      expect({
        traces: leaks(traces),
        logs: leaks(logs),
        metrics: leaks(metrics),
        printed: leaks(outlet.printed()),
      }).toEqual({ traces: [], logs: [], metrics: [], printed: [] });
    });
  });
});

/** What the caller got. */
function seen(outcome: unknown): Buffer {
  const told = outcome instanceof Error ? { ...outcome, message: outcome.message } : outcome;
  const text = JSON.stringify(told, (_key, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value,
  );
  return Buffer.from(text);
}
