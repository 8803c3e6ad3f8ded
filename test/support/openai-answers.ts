import type { Attributes } from '@opentelemetry/api';

/** The methods of an app that ask OpenAI, one for each of its interfaces. */
export interface ModelClient {
  chat(body: object): unknown;
  respond(body: object): unknown;
  complete(body: object): unknown;
  embed(body: object): unknown;
}

/** A recorded answer, how it was asked for, and how annotel tells both. */
export interface Answer {
  fixture: string;
  method: keyof ModelClient;
  body: object;
  span: string;
  attributes: Attributes;
}

export const messages = [{ role: 'user', content: 'What is in this image?' }];
const chat = {
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'openai.api.type': 'chat_completions',
  'openai.response.service_tier': 'default',
  'openai.response.system_fingerprint': 'fp_fc9f1d7035',
};
const responses = {
  'gen_ai.request.model': 'gpt-4.1',
  'gen_ai.response.model': 'gpt-4.1-2025-04-14',
  'openai.api.type': 'responses',
  'openai.response.service_tier': 'default',
};
/** Token counts of an answer that tells all of them. */
export const usage = (input: number, output: number, cached = 0, reasoning = 0): Attributes => ({
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
  'gen_ai.usage.cache_read.input_tokens': cached,
  'gen_ai.usage.reasoning.output_tokens': reasoning,
});

export const ANSWERS: Answer[] = [
  {
    fixture: 'chat-completion.json',
    method: 'chat',
    body: { model: 'gpt-4o', messages, temperature: 0.2, top_p: 0.9, max_tokens: 100, seed: 7, stop: ['\n'] },
    span: 'chat gpt-4o',
    attributes: {
      ...chat,
      ...usage(1117, 46),
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.seed': 7,
      'gen_ai.request.stop_sequences': ['\n'],
      'gen_ai.request.temperature': 0.2,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
    },
  },
  {
    fixture: 'chat-completion-tools.json',
    method: 'chat',
    body: { model: 'gpt-4o', messages, tools: [], presence_penalty: 0.5, frequency_penalty: -0.5 },
    span: 'chat gpt-4o',
    attributes: {
      ...chat,
      ...usage(82, 17),
      'gen_ai.request.frequency_penalty': -0.5,
      'gen_ai.request.presence_penalty': 0.5,
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.response.id': 'chatcmpl-B9MJ2Fk4mnPoGqpKx1vLWOa9V0mZX',
    },
  },
  {
    fixture: 'chat-completion-cached-reasoning.json',
    method: 'chat',
    body: {
      model: 'o4-mini',
      messages,
      reasoning_effort: 'high',
      service_tier: 'priority',
      max_completion_tokens: 900,
    },
    span: 'chat o4-mini',
    attributes: {
      ...usage(2304, 541, 2048, 512),
      'gen_ai.request.max_tokens': 900,
      'gen_ai.request.model': 'o4-mini',
      'gen_ai.request.reasoning.level': 'high',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'chatcmpl-BHxJv9Y3kQ7mE1tP5rW0cD2nL8aSf',
      'gen_ai.response.model': 'o4-mini-2025-04-16',
      'openai.api.type': 'chat_completions',
      'openai.request.service_tier': 'priority',
      'openai.response.service_tier': 'priority',
      'annotel.service_tier': 'priority',
    },
  },
  {
    fixture: 'chat-completion-choices.json',
    method: 'chat',
    body: { model: 'gpt-4o', messages, n: 2, response_format: { type: 'json_schema', json_schema: {} } },
    span: 'chat gpt-4o',
    attributes: {
      ...chat,
      ...usage(14, 12),
      'gen_ai.output.type': 'json',
      'gen_ai.request.choice.count': 2,
      'gen_ai.response.finish_reasons': ['stop', 'length'],
      'gen_ai.response.id': 'chatcmpl-BCk1u5mT9zQeR3wX7yV2bN6pJ4hGd',
    },
  },
  {
    fixture: 'response.json',
    method: 'respond',
    body: {
      model: 'gpt-4.1',
      input: 'Tell me a story about a unicorn.',
      reasoning: { effort: 'low' },
      text: { format: { type: 'text' } },
      previous_response_id: 'resp_1',
      conversation: 'conv_1',
      service_tier: 'auto',
    },
    span: 'chat gpt-4.1',
    attributes: {
      ...responses,
      ...usage(36, 87),
      'gen_ai.conversation.id': 'conv_1',
      'gen_ai.output.type': 'text',
      'gen_ai.request.previous_response.id': 'resp_1',
      'gen_ai.request.reasoning.level': 'low',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': 'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b',
    },
  },
  {
    fixture: 'response-tools.json',
    method: 'respond',
    body: { model: 'gpt-4.1', input: 'Boston?', tools: [], conversation: { id: 'conv_2' } },
    span: 'chat gpt-4.1',
    attributes: {
      ...responses,
      ...usage(291, 87, 256, 64),
      'gen_ai.conversation.id': 'conv_2',
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.response.id': 'resp_67ca09c5efe0819096d0511c92b8c890096610f474011cc0',
    },
  },
  {
    fixture: 'response-incomplete.json',
    method: 'respond',
    body: { model: 'gpt-4.1', input: 'Tell me a story.', max_output_tokens: 16 },
    span: 'chat gpt-4.1',
    attributes: {
      ...responses,
      ...usage(36, 16),
      'gen_ai.request.max_tokens': 16,
      'gen_ai.response.finish_reasons': ['length'],
      'gen_ai.response.id': 'resp_68a1incomplete90f',
    },
  },
  {
    fixture: 'response-failed.json',
    method: 'respond',
    body: { model: 'gpt-4.1', input: 'Tell me a story.' },
    span: 'chat gpt-4.1',
    attributes: {
      ...responses,
      'error.type': 'server_error',
      'gen_ai.response.finish_reasons': ['error'],
      'gen_ai.response.id': 'resp_68a2failed71c',
    },
  },
  {
    fixture: 'completion.json',
    method: 'complete',
    body: { model: 'gpt-3.5-turbo-instruct', prompt: 'Say this is a test', max_tokens: 7 },
    span: 'text_completion gpt-3.5-turbo-instruct',
    attributes: {
      'gen_ai.request.max_tokens': 7,
      'gen_ai.request.model': 'gpt-3.5-turbo-instruct',
      'gen_ai.response.finish_reasons': ['length'],
      'gen_ai.response.id': 'cmpl-uqkvlQyYK7bGYrRHQ0eXlWi7',
      'gen_ai.response.model': 'gpt-3.5-turbo-instruct:20230824-v2',
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 7,
      'openai.response.system_fingerprint': 'fp_44709d6fcb',
    },
  },
  {
    fixture: 'embeddings.json',
    method: 'embed',
    body: { model: 'text-embedding-3-small', input: ['The food', 'was delicious'], dimensions: 4 },
    span: 'embeddings text-embedding-3-small',
    attributes: {
      'gen_ai.embeddings.dimension.count': 4,
      'gen_ai.request.model': 'text-embedding-3-small',
      'gen_ai.response.model': 'text-embedding-3-small',
      'gen_ai.usage.input_tokens': 16,
    },
  },
];
