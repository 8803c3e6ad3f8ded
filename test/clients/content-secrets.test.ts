import { describe, expect, test } from '@jest/globals';
import { LlmCall } from '../../lib/index.js';
import { fixture, json, recorded, useWireServer, type WireReply } from '../support/wire-server.js';
import { openAIDialogue } from './support/canary-dialogues.js';
import { openAIChat } from './support/canary-openai.js';
import { logAttributes, spanAttributes } from './support/canary-otlp.js';
import { useOutlet } from './support/canary-pipeline.js';

/*
 * While content is captured, none of the planted secrets leaves the process, and no look-alike is changed: in the prompt, in the
 * JSON of tool arguments and results, in the answer, in error messages.
 */

interface Planted {
  readonly kind: string;
  /** In pieces, so that nobody takes the fixture for a leak. */
  readonly secret?: readonly string[];
  /** `{}` stands for the secret. */
  readonly text: string;
}
const texts = (planted: readonly Planted[]) =>
  planted.map(({ secret, text }) => text.replace('{}', () => secretOf(secret)));
const secretOf = (pieces: readonly string[] = []) => pieces.join('');
const SECRETS: readonly Planted[] = JSON.parse(fixture('redaction/secrets.json'));
const LOOKALIKES: readonly Planted[] = JSON.parse(fixture('redaction/lookalikes.json'));

const outlet = useOutlet('http/json', {
  content: 'SPAN_AND_EVENT',
  contentForm: 'full',
  redact: ['email', 'phone', 'card', 'iban', 'ssn', 'ip', 'secret', 'jwt'],
});
const server = useWireServer();
const notes = (planted: readonly Planted[]) => ({ city: { notes: texts(planted).map((note) => ({ note })) } });

/** Tool arguments as JSON text, a prompt of many lines, and a tool's result. */
const request = (planted: readonly Planted[]) => ({
  ...openAIDialogue,
  messages: [
    { role: 'user', content: texts(planted).join('\n\n') },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'weather', arguments: JSON.stringify(notes(planted)) } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: JSON.stringify(notes(planted)) },
  ],
});
function answer(planted: readonly Planted[]): WireReply {
  const reply = JSON.parse(recorded('openai/chat-completion-tools.json').body as string);
  const { message } = reply.choices[0];
  message.content = texts(planted).join('\n\n');
  message.tool_calls[0].function.arguments = JSON.stringify(notes(planted));
  return json(reply);
}
async function exportedOf(planted: readonly Planted[]): Promise<{ traces: Buffer; logs: Buffer; all: string }> {
  server.reply(answer(planted));
  await openAIChat.ask(server, request(planted));
  const { traces, logs, metrics } = await outlet.exported();
  return { traces, logs, all: Buffer.concat([traces, logs, metrics, outlet.printed()]).toString() };
}
/** What of the secrets is in what has left: 12 characters of one are enough. */
const surviving = (exported: string): string[] =>
  SECRETS.filter(({ secret }) => {
    const whole = secretOf(secret);
    const length = Math.min(12, whole.length);
    return Array.from({ length: whole.length - length + 1 }, (_, at) => whole.slice(at, at + length)).some((piece) =>
      exported.includes(piece),
    );
  }).map(({ kind }) => kind);
const notesIn = (json: string): string[] =>
  (JSON.parse(json) as ReturnType<typeof notes>).city.notes.map(({ note }) => note);
type Exported = { role: string; parts: { content?: string; arguments?: object; response?: string }[] }[];

describe('the corpus', () => {
  test('is complete', () => {
    expect(Math.min(SECRETS.length, LOOKALIKES.length)).toBeGreaterThanOrEqual(200);
    expect(surviving(texts(SECRETS).join())).toHaveLength(SECRETS.length);
  });

  test('no secret survives in what is asked and answered', async () => {
    const { all, traces } = await exportedOf(SECRETS);
    expect(spanAttributes(traces, 'chat')['annotel.content.input.redacted']).toBeGreaterThanOrEqual(200);
    expect(surviving(all)).toEqual([]);
  });

  test('no secret survives in an error message', async () => {
    const failing = LlmCall()(async (message: string) => {
      throw new Error(message);
    });
    for (const text of texts(SECRETS)) await expect(failing(text)).rejects.toThrow(text);
    const { traces, logs } = await outlet.exported();
    expect(traces.toString().match(/"message":/g)?.length).toBeGreaterThanOrEqual(200);
    expect(surviving(Buffer.concat([traces, logs, outlet.printed()]).toString())).toEqual([]);
  });

  test('no look-alike is changed', async () => {
    const { traces, logs } = await exportedOf(LOOKALIKES);
    const span = spanAttributes(traces, 'chat');
    const log = logAttributes(logs, 'gen_ai.client.inference.operation.details');
    const told = [
      JSON.parse(span['gen_ai.input.messages'] as string),
      log['gen_ai.input.messages'],
      JSON.parse(span['gen_ai.output.messages'] as string),
      log['gen_ai.output.messages'],
    ] as Exported[];
    for (const messages of told) {
      for (const { content, arguments: given, response } of messages.flatMap(({ parts }) => parts)) {
        if (content !== undefined) expect(content.split('\n\n')).toEqual(texts(LOOKALIKES));
        if (given !== undefined) expect(given).toEqual(notes(LOOKALIKES));
        if (response !== undefined) expect(notesIn(response)).toEqual(texts(LOOKALIKES));
      }
    }
  });
});
