import { describe, expect, test } from '@jest/globals';
import { findRequest, readRequest } from '../../../../lib/genai/request.js';

/** As the AWS SDK's commands are: the request in a field of their own. */
class Command {
  constructor(readonly input: object) {}
}
/** As the AI SDK's models are. */
class SdkModel {
  constructor(
    readonly provider: string,
    readonly modelId = 'm',
  ) {}
}

describe('what looks like a request', () => {
  const request = { model: 'gpt-4o', messages: [] };

  test.each<[string, object]>([
    ['messages', request],
    ['input', { model: 'm', input: 'text' }],
    ['a list of input', { model: 'm', input: ['text'] }],
    ['a prompt', { model: 'm', prompt: '' }],
    ['a prompt kept at OpenAI', { model: 'm', prompt: { id: 'pmpt_1' } }],
    ['contents (Google)', { model: 'm', contents: 'text' }],
    ['a list of contents (Google)', { model: 'm', contents: [{ parts: [{ text: '' }] }] }],
    ['one content (Google)', { model: 'm', contents: { role: 'user', parts: [] } }],
    ['inputs (Mistral, Cohere)', { model: 'm', inputs: ['text'] }],
    ['texts (Cohere)', { model: 'm', texts: ['text'] }],
    ['images (Cohere)', { model: 'm', images: ['data:'], inputType: 'image' }],
    ['messages (Bedrock)', { modelId: 'm', messages: [] }],
    ['a body of text (Bedrock)', { modelId: 'm', body: '{}' }],
    ['a body of bytes (Bedrock)', { modelId: 'm', body: new Uint8Array(2) }],
    ['variables of a prompt kept at Bedrock', { modelId: 'm', promptVariables: {} }],
    ['a command around it (Bedrock)', new Command({ modelId: 'm', messages: [] })],
    ['options around it (Azure)', { body: request, headers: {} }],
    ['a prompt, and its model is an object (AI SDK)', { model: new SdkModel('openai.chat'), prompt: 'text' }],
    ['a value, and its model is an object (AI SDK)', { model: new SdkModel('openai.embedding'), value: 'text' }],
    ['values, and its model is one of a gateway (AI SDK)', { model: 'openai/m', values: ['text'] }],
  ])('has a model and %s', (_what, given) => {
    expect(findRequest(['question', 7, null, undefined, [], given, request])).toBe(given);
  });

  test.each<[string, unknown]>([
    ['text', 'gpt-4o'],
    ['null', null],
    ['an object without a model', { messages: [] }],
    ['an object with a model of another type', { model: 7, messages: [] }],
    ['an object with an empty model', { model: '', messages: [] }],
    ['an object with a model that has no id', { model: { name: 'm' }, messages: [] }],
    ['an object with nothing to ask', { model: 'm' }],
    ['a car', { model: 'Golf', input: { fuel: 'diesel' }, contents: { trunk: 'bag' }, messages: 3, prompt: {} }],
    ['a car with values', { model: 'Golf', value: '20000', values: [1, 2], images: ['a.png'] }],
    ['a command for something else', new Command({ Bucket: 'b' })],
    ['an HTTP request with another body', { body: { title: 'm' }, headers: {} }],
    ['a fetch request', new Request('http://localhost', { method: 'POST', body: '{}' })],
  ])('is not %s', (_what, given) => {
    expect(findRequest([given])).toBeUndefined();
  });
});

test.each<[unknown, string | undefined]>([
  [{ model: 'm' }, 'm'],
  [{ model: 7 }, undefined],
  [{ modelId: 'anthropic.claude' }, 'anthropic.claude'],
  [new Command({ modelId: 'amazon.nova' }), 'amazon.nova'],
  [{ model: new SdkModel('openai.chat', 'gpt-4o') }, 'gpt-4o'],
  [{ body: { model: 'm', messages: [] } }, 'm'],
  [{}, undefined],
  [undefined, undefined],
])('the model of %j is %p', (request, model) => {
  expect(request && readRequest(request as object).model).toBe(model);
});

describe('the provider', () => {
  test.each<[string, string]>([
    ['openai.chat', 'openai'],
    ['openai.responses', 'openai'],
    ['anthropic.messages', 'anthropic'],
    ['google.generative-ai', 'gcp.gemini'],
    ['google.vertex.chat', 'gcp.vertex_ai'],
    ['vertex.anthropic.messages', 'gcp.vertex_ai'],
    ['amazon-bedrock', 'aws.bedrock'],
    ['azure.chat', 'azure.ai.openai'],
    ['mistral.chat', 'mistral_ai'],
    ['xai.chat', 'x_ai'],
    ['groq.chat', 'groq'],
    ['cohere.chat', 'cohere'],
    ['deepseek.chat', 'deepseek'],
    ['perplexity', 'perplexity'],
  ])('%s of the AI SDK is %s', (name, provider) => {
    expect(readRequest({ model: new SdkModel(name), prompt: 'text' }).provider).toBe(provider);
  });

  test.each<[string, object]>([
    ['of the AWS SDK', { modelId: 'm', messages: [] }],
    ['in a command', new Command({ modelId: 'm', messages: [] })],
  ])('of a request %s is Bedrock', (_how, request) => {
    expect(request && readRequest(request).provider).toBe('aws.bedrock');
  });

  test.each<[string, object | undefined]>([
    ['a request that several would take', { model: 'gpt-4o', messages: [] }],
    ['a model of the gateway', { model: 'openai/gpt-4o', prompt: 'text' }],
    ['a provider of the AI SDK that only resembles one', { model: new SdkModel('openai-compatible.chat'), prompt: '' }],
    ['a request without a model', { body: { messages: [] } }],
    ['no request', undefined],
  ])('of %s is not told', (_what, request) => {
    expect(request && readRequest(request).provider).toBeUndefined();
  });
});
