import { expect, test } from '@jest/globals';
import { forLog, forSpan } from '../../../lib/privacy/content-attributes.js';
import { configure, type Settings } from '../../../lib/settings.js';
import { useTelemetry } from '../../support/telemetry.js';

useTelemetry({ settings: { content: 'SPAN_AND_EVENT' } });

const INPUT = 'gen_ai.input.messages';
const MESSAGES = [{ role: 'user', parts: [{ type: 'text', content: 'hello' }] }];

const bag = { [INPUT]: MESSAGES, 'gen_ai.output.messages_ref': 's3://b/1', other: 1 };

test.each<[Settings['content'], string[], string[]]>([
  ['SPAN_ONLY', [INPUT, 'gen_ai.output.messages_ref', 'other'], ['other']],
  ['EVENT_ONLY', ['other'], [INPUT, 'gen_ai.output.messages_ref', 'other']],
  ['SPAN_AND_EVENT', Object.keys(bag), Object.keys(bag)],
])('%s decides who shows content and references', (content, onSpan, onLog) => {
  configure({ content });
  expect(Object.keys(forSpan(bag))).toEqual(onSpan);
  expect(Object.keys(forLog(bag))).toEqual(onLog);
});

test('spans show JSON, log records structure', () => {
  expect(forSpan(bag)[INPUT]).toBe(JSON.stringify(MESSAGES));
  expect(forLog(bag)[INPUT]).toEqual(MESSAGES);
});
