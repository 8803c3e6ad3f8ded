import type { Attributes } from '@opentelemetry/api';
import { usage } from './openai-answers.js';

/** A streamed chat completion; with usage, as `stream_options.include_usage` asks for. */
export const STREAMED_CHAT = {
  fixture: 'chat-completion-stream.sse',
  method: 'chat',
  body: { model: 'gpt-4o', messages: [] },
} as const;
/** What every chunk of it tells. */
export const streamedChat = {
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.id': 'chatcmpl-123abcStreamed',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'openai.api.type': 'chat_completions',
  'openai.response.service_tier': 'default',
  'openai.response.system_fingerprint': 'fp_44709d6fcb',
};
const responses = {
  'gen_ai.request.model': 'gpt-4.1',
  'gen_ai.response.model': 'gpt-4.1-2025-04-14',
  'openai.api.type': 'responses',
  'openai.response.service_tier': 'default',
};
/** A recorded stream, how it was asked for, how many items it has, and how annotel tells it. */
export interface StreamedAnswer {
  fixture: string;
  method: 'chat' | 'respond';
  body: object;
  chunks: number;
  attributes: Attributes;
}
export const STREAMS: StreamedAnswer[] = [
  {
    ...STREAMED_CHAT,
    chunks: 10,
    attributes: { ...streamedChat, ...usage(19, 10), 'gen_ai.response.finish_reasons': ['stop'] },
  },
  {
    ...STREAMED_CHAT,
    fixture: 'chat-completion-stream-without-usage.sse',
    chunks: 9,
    attributes: { ...streamedChat, 'gen_ai.response.finish_reasons': ['stop'] },
  },
  {
    ...STREAMED_CHAT,
    fixture: 'chat-completion-stream-tools.sse',
    chunks: 8,
    attributes: {
      ...streamedChat,
      ...usage(68, 15, 64),
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.response.id': 'chatcmpl-BFgTools7Qw2',
    },
  },
  {
    fixture: 'response-stream.sse',
    method: 'respond',
    body: { model: 'gpt-4.1', input: 'Hi' },
    chunks: 11,
    attributes: {
      ...responses,
      ...usage(37, 11),
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654',
    },
  },
  {
    fixture: 'response-stream-incomplete.sse',
    method: 'respond',
    body: { model: 'gpt-4.1', input: 'Hi', max_output_tokens: 16 },
    chunks: 8,
    attributes: {
      ...responses,
      ...usage(37, 3),
      'gen_ai.request.max_tokens': 16,
      'gen_ai.response.finish_reasons': ['length'],
      'gen_ai.response.id': 'resp_68a3incomplete55b',
    },
  },
  {
    fixture: 'response-stream-failed.sse',
    method: 'respond',
    body: { model: 'gpt-4.1', input: 'Hi' },
    chunks: 8,
    attributes: {
      ...responses,
      'gen_ai.response.finish_reasons': ['error'],
      'error.type': 'server_error',
      'gen_ai.response.id': 'resp_68a4failed08d',
    },
  },
];
