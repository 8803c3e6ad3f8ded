import { describe, expect, test } from '@jest/globals';
import type { CapturedContent, Settings } from '../../lib/settings.js';
import { recorded, useWireServer } from '../support/wire-server.js';
import { openAIDialogue } from './support/canary-dialogues.js';
import { openAIChat } from './support/canary-openai.js';
import { logAttributes, spanAttributes } from './support/canary-otlp.js';
import { useOutlet } from './support/canary-pipeline.js';

/* Where captured content goes, and in which form: the same call, otherwise configured. */

const OUTPUT = 'gen_ai.output.messages';
const INPUT = 'gen_ai.input.messages';

interface Exported {
  span: Record<string, unknown>;
  log: Record<string, unknown>;
}

function configured(name: string, changes: Partial<Settings>, check: (exported: Exported) => void): void {
  describe(name, () => {
    const outlet = useOutlet('http/json', changes);
    const server = useWireServer();
    test('is what arrives', async () => {
      server.reply(recorded('openai/chat-completion-tools.json'));
      await openAIChat.ask(server, openAIDialogue);
      const { traces, logs } = await outlet.exported();
      const span = spanAttributes(traces, 'chat');
      const log = logAttributes(logs, 'gen_ai.client.inference.operation.details');
      expect(span).toMatchObject({ 'gen_ai.usage.input_tokens': 82 });
      expect(log).toMatchObject({ 'gen_ai.usage.input_tokens': 82 });
      check({ span, log });
    });
  });
}

const contentOf = (attributes: Record<string, unknown>): string[] =>
  Object.keys(attributes).filter((name) => /messages|instructions|definitions|annotel\.content/.test(name));

configured('no content', { content: 'NO_CONTENT' }, ({ span, log }) => {
  expect([...contentOf(span), ...contentOf(log)]).toEqual([]);
});

configured('content on the span only', { content: 'SPAN_ONLY' }, ({ span, log }) => {
  expect(contentOf(span).sort()).toEqual([INPUT, OUTPUT, 'gen_ai.tool.definitions']);
  expect(contentOf(log)).toEqual([]);
});

configured('content on the event only', { content: 'EVENT_ONLY' }, ({ span, log }) => {
  expect(contentOf(span)).toEqual([]);
  expect(contentOf(log).sort()).toEqual([INPUT, OUTPUT, 'gen_ai.tool.definitions']);
});

configured('one field only', { content: 'SPAN_AND_EVENT', contentFields: ['output'] }, ({ span, log }) => {
  expect([contentOf(span), contentOf(log)]).toEqual([[OUTPUT], [OUTPUT]]);
});

configured(
  'content cut to 100 characters',
  { content: 'SPAN_AND_EVENT', contentForm: 'truncate:100' },
  ({ span, log }) => {
    for (const attributes of [span, log]) {
      expect(attributes).toMatchObject({
        'annotel.content.truncated': true,
        'annotel.content.input.original_length': 363,
      });
      const value = attributes[INPUT];
      const messages = typeof value === 'string' ? JSON.parse(value) : value;
      expect(JSON.stringify(messages).length).toBeLessThanOrEqual(100);
      // The newest is kept.
      expect(messages).toEqual([{ role: 'tool', parts: [expect.objectContaining({ type: 'tool_call_response' })] }]);
    }
  },
);

configured('hashes', { content: 'SPAN_AND_EVENT', contentForm: 'hash', contentKey: 'key' }, ({ span, log }) => {
  const hash = expect.stringMatching(/^hmac-sha256:[0-9a-f]{64}$/);
  const expected = [
    {
      role: 'assistant',
      parts: [{ type: 'tool_call', id: hash, name: hash, arguments: { location: hash } }],
      finish_reason: 'tool_calls',
    },
  ];
  expect(JSON.parse(span[OUTPUT] as string)).toEqual(expected);
  expect(log[OUTPUT]).toEqual(expected);
  expect(JSON.stringify([span, log])).not.toMatch(/Oslo|Boston|raining/);
});

const stored: CapturedContent[] = [];
const contentStore = (content: CapturedContent): string => {
  stored.push(content);
  return `store://${content.field}`;
};
configured('references to an external store', { content: 'SPAN_AND_EVENT', contentStore }, ({ span, log }) => {
  for (const attributes of [span, log]) {
    expect(attributes).toMatchObject({ [`${INPUT}_ref`]: 'store://input', [`${OUTPUT}_ref`]: 'store://output' });
    expect(JSON.stringify(attributes)).not.toMatch(/Oslo|Boston|raining/);
  }
  expect(JSON.stringify(stored.map(({ value }) => value))).toMatch(/Oslo.*Boston/);
  expect(stored.every(({ traceId, spanId }) => /^[0-9a-f]{32}$/.test(traceId ?? '') && spanId)).toBe(true);
});
