import { describe, expect, test } from '@jest/globals';
import { readRequest, requestAttributes } from '../../../../lib/genai/request.js';

/** As the AI SDK's models are. */
class SdkModel {
  constructor(
    readonly provider: string,
    readonly modelId = 'm',
  ) {}
}

describe('the attributes of a whole request', () => {
  const sampling = { 'gen_ai.request.temperature': 0.5, 'gen_ai.request.top_p': 0.9 };
  const penalties = { 'gen_ai.request.frequency_penalty': 0.1, 'gen_ai.request.presence_penalty': 0.2 };
  const limits = { 'gen_ai.request.max_tokens': 100, 'gen_ai.request.stop_sequences': ['END'] };
  const common = { ...sampling, ...penalties, ...limits };

  test.each<[string, object, object]>([
    [
      'OpenAI: chat',
      {
        model: 'gpt-4o',
        messages: [],
        ...{ temperature: 0.5, top_p: 0.9, frequency_penalty: 0.1, presence_penalty: 0.2 },
        ...{ max_completion_tokens: 100, stop: 'END', seed: 7, n: 2, stream: true },
        ...{ reasoning_effort: 'low', service_tier: 'flex', response_format: { type: 'json_schema', json_schema: {} } },
        ...{ top_logprobs: 5, logprobs: true },
      },
      {
        ...common,
        'gen_ai.request.seed': 7,
        'gen_ai.request.choice.count': 2,
        'gen_ai.request.stream': true,
        'gen_ai.request.reasoning.level': 'low',
        'openai.request.service_tier': 'flex',
        'gen_ai.output.type': 'json',
      },
    ],
    [
      'OpenAI: responses',
      {
        model: 'o4-mini',
        input: 'text',
        max_output_tokens: 100,
        reasoning: { effort: 'high', summary: 'auto' },
        text: { format: { type: 'text' } },
        previous_response_id: 'resp_1',
        conversation: { id: 'conv_1' },
      },
      {
        'gen_ai.request.max_tokens': 100,
        'gen_ai.request.reasoning.level': 'high',
        'gen_ai.output.type': 'text',
        'gen_ai.request.previous_response.id': 'resp_1',
        'gen_ai.conversation.id': 'conv_1',
      },
    ],
    [
      'OpenAI: embeddings',
      { model: 'text-embedding-3-small', input: ['a'], dimensions: 256, encoding_format: 'base64' },
      { 'gen_ai.embeddings.dimension.count': 256, 'gen_ai.request.encoding_formats': ['base64'] },
    ],
    [
      'OpenAI: chat with audio',
      { model: 'gpt-4o-audio', messages: [], modalities: ['text', 'audio'] },
      { 'gen_ai.output.type': 'speech' },
    ],
    [
      'Azure AI Inference',
      { body: { model: 'm', messages: [], max_tokens: 100, stop: ['END'], temperature: 0.5, top_p: 0.9 }, headers: {} },
      { ...sampling, ...limits },
    ],
    [
      'Azure AI Inference, without a model',
      { body: { messages: [], temperature: 0 } },
      { 'gen_ai.request.temperature': 0 },
    ],
    [
      'Anthropic',
      {
        ...{ model: 'claude-sonnet-4-5', messages: [], system: 'text', max_tokens: 100, stop_sequences: ['END'] },
        ...{ temperature: 0.5, top_p: 0.9, top_k: 40, service_tier: 'standard_only' },
        thinking: { type: 'enabled', budget_tokens: 1024 },
        output_config: { effort: 'medium', format: { type: 'json_schema', schema: {} } },
      },
      {
        ...{ ...sampling, ...limits },
        'gen_ai.request.top_k': 40,
        'gen_ai.request.reasoning.level': 'medium',
        'gen_ai.output.type': 'json',
      },
    ],
    [
      'Anthropic: structured output of the beta',
      { model: 'claude-sonnet-4-5', messages: [], output_format: { type: 'json_schema', schema: {} } },
      { 'gen_ai.output.type': 'json' },
    ],
    [
      'Google GenAI',
      {
        model: 'gemini-2.5-flash',
        contents: 'text',
        config: {
          ...{ temperature: 0.5, topP: 0.9, topK: 40, maxOutputTokens: 100, stopSequences: ['END'], seed: 7 },
          ...{ candidateCount: 2, frequencyPenalty: 0.1, presencePenalty: 0.2 },
          ...{ responseMimeType: 'application/json', thinkingConfig: { thinkingLevel: 'LOW' } },
        },
      },
      {
        ...common,
        'gen_ai.request.top_k': 40,
        'gen_ai.request.seed': 7,
        'gen_ai.request.choice.count': 2,
        'gen_ai.output.type': 'json',
        'gen_ai.request.reasoning.level': 'LOW',
      },
    ],
    [
      'Google GenAI: images, with a budget, which is no level',
      {
        model: 'gemini-2.5-flash-image',
        contents: 'text',
        config: { responseModalities: ['TEXT', 'IMAGE'], thinkingConfig: { thinkingBudget: 512 } },
      },
      { 'gen_ai.output.type': 'image' },
    ],
    [
      'Google GenAI: embeddings',
      { model: 'gemini-embedding-001', contents: ['a'], config: { outputDimensionality: 768 } },
      { 'gen_ai.embeddings.dimension.count': 768 },
    ],
    [
      'Cohere: chat',
      {
        ...{ model: 'command-a', messages: [], maxTokens: 100, temperature: 0.5, p: 0.9, k: 40, seed: 7 },
        ...{ stopSequences: ['END'], frequencyPenalty: 0.1, presencePenalty: 0.2, responseFormat: { type: 'text' } },
      },
      {
        ...common,
        'gen_ai.request.top_k': 40,
        'gen_ai.request.seed': 7,
        'gen_ai.output.type': 'text',
      },
    ],
    [
      'Cohere: embeddings',
      { model: 'embed-v4', texts: ['a'], outputDimension: 512, embeddingTypes: ['float', 'int8'] },
      { 'gen_ai.embeddings.dimension.count': 512, 'gen_ai.request.encoding_formats': ['float', 'int8'] },
    ],
    [
      'Mistral: chat',
      {
        ...{ model: 'mistral-large', messages: [], maxTokens: 100, temperature: 0.5, topP: 0.9, stop: 'END' },
        ...{ randomSeed: 7, n: 2, frequencyPenalty: 0.1, presencePenalty: 0.2, reasoningEffort: 'high' },
        responseFormat: { type: 'json_object' },
      },
      {
        ...common,
        'gen_ai.request.seed': 7,
        'gen_ai.request.choice.count': 2,
        'gen_ai.request.reasoning.level': 'high',
        'gen_ai.output.type': 'json',
      },
    ],
    [
      'Mistral: embeddings',
      { model: 'mistral-embed', inputs: ['a'], outputDimension: 512, encodingFormat: 'float' },
      { 'gen_ai.embeddings.dimension.count': 512, 'gen_ai.request.encoding_formats': ['float'] },
    ],
    [
      'Ollama',
      {
        ...{ model: 'llama3', messages: [], stream: true, think: 'low', format: { type: 'object', properties: {} } },
        options: {
          ...{ temperature: 0.5, top_p: 0.9, top_k: 40, num_predict: 100, seed: 7, stop: ['END'] },
          ...{ frequency_penalty: 0.1, presence_penalty: 0.2 },
        },
      },
      {
        ...common,
        'gen_ai.request.top_k': 40,
        'gen_ai.request.seed': 7,
        'gen_ai.request.stream': true,
        'gen_ai.request.reasoning.level': 'low',
        'gen_ai.output.type': 'json',
      },
    ],
    [
      'Ollama: as long as it takes, and thinking',
      { model: 'llama3', prompt: 'text', think: true, format: 'json', options: { num_predict: -1 } },
      { 'gen_ai.output.type': 'json' },
    ],
    [
      'AI SDK: text',
      {
        ...{ model: new SdkModel('openai.chat'), prompt: 'text', maxOutputTokens: 100, temperature: 0.5, topP: 0.9 },
        ...{ topK: 40, frequencyPenalty: 0.1, presencePenalty: 0.2, stopSequences: ['END'], seed: 7 },
        ...{ reasoning: 'medium', output: { name: 'object', responseFormat: Promise.resolve() } },
      },
      {
        ...common,
        'gen_ai.request.top_k': 40,
        'gen_ai.request.seed': 7,
        'gen_ai.request.reasoning.level': 'medium',
        'gen_ai.output.type': 'json',
      },
    ],
    [
      'AI SDK: the default of the provider is no level',
      { model: 'openai/gpt-5', prompt: 'text', reasoning: 'provider-default' },
      {},
    ],
    [
      'AI SDK: embeddings',
      { model: new SdkModel('openai.embedding'), values: ['a'], dimensions: 256 },
      { 'gen_ai.embeddings.dimension.count': 256 },
    ],
  ])('%s', (_what, request, expected) => {
    expect(requestAttributes(readRequest(request).fields)).toEqual(expected);
  });
});
