import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { COMMON_PARAMETERS } from '../../../../lib/genai/parameters.js';
import { FAMILIES, type LastKnown, readResponse } from '../../../../lib/genai/providers/registry.js';
import { LlmCall } from '../../../../lib/index.js';
import { useTelemetry } from '../../../support/telemetry.js';

/*
 * The reader that knew the last answer of a method is asked first for the next. That changes nothing as long as no answer is
 * known to two: shown of all recorded answers, each as the clients of its provider hand it out.
 */

const WANTED = { detail: true, content: true };
const FIXTURES = new URL('../../../fixtures/', import.meta.url);

/** Names as clients of the same make spell them. */
function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  const camel = (name: string) => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [camel(name), inCamelCase(of)]));
}

useTelemetry();

class GenerateContentResponse {}

/** Embeddings of Vertex AI have another form over the wire than in the client. */
function ofVertex(body: object): object {
  const { predictions } = body as { predictions?: { embeddings: object }[] };
  return predictions ? { embeddings: predictions.map(({ embeddings }) => embeddings) } : body;
}

const invoked = (body: object) => ({ $metadata: {}, body: new TextEncoder().encode(JSON.stringify(body)) });
const azure = (path: string) => (body: object) => ({
  request: { url: `https://host/${path}` },
  headers: {},
  status: '200',
  body,
});

/** What the clients of a provider make of a body. */
const FORMS: Record<string, Record<string, (body: object, file: string) => unknown>> = {
  'azure-inference': {
    response: (body, file) => azure(file.startsWith('embed') ? 'embeddings' : 'chat/completions')(body),
    'response of Azure OpenAI': azure('openai/deployments/d/chat/completions'),
  },
  bedrock: { answer: (body, file) => (file.startsWith('invoke') ? invoked(body) : { $metadata: {}, ...body }) },
  anthropic: { message: (body) => body, 'message of Bedrock': invoked },
  cohere: { body: (body) => body, answer: inCamelCase },
  gemini: {
    answer: (body) => Object.assign(new GenerateContentResponse(), ofVertex(body)),
    'plain answer': ofVertex,
  },
  mistral: { answer: inCamelCase },
  'openai-compatible': { answer: (body) => body, 'answer of a client in camel case': inCamelCase },
};

const message = {
  lc_namespace: ['langchain_core', 'messages'],
  type: 'ai',
  content: 'Yes.',
  usage_metadata: { input_tokens: 3, output_tokens: 1, total_tokens: 4 },
  response_metadata: { model_provider: 'openai', model_name: 'gpt-4o', finish_reason: 'stop' },
};
const usage = { inputTokens: 3, outputTokens: 1, totalTokens: 4 };
const step = { finishReason: 'stop', usage, text: 'Yes.', response: { id: 'r', modelId: 'gpt-4o' } };
/** Of clients that make answers of their own. */
const MADE: [name: string, answer: object][] = [
  ['langchain message', message],
  ['langchain structured output', { raw: message, parsed: {} }],
  ['langchain result', { generations: [[{ text: 'Yes.', message }]], llmOutput: {} }],
  ['langchain generations', { generations: [{ text: 'Yes.', message }] }],
  ['vercel text', { ...step, steps: [step] }],
  ['vercel object', { ...step, object: {} }],
  ['vercel embedding', { value: 'a', embedding: [0.1], usage: { tokens: 3 } }],
  ['vercel embeddings', { values: ['a'], embeddings: [[0.1]], usage: { tokens: 3 } }],
  ['vercel images', { images: [{}], responses: [{ modelId: 'dall-e-3' }], usage }],
  ['vercel stream', { pipeTextStreamToResponse() {} }],
];

const RECORDED = readdirSync(FIXTURES).flatMap((provider) =>
  readdirSync(new URL(`${provider}/`, FIXTURES))
    .filter((file) => file.endsWith('.json') && !/\.events\.json$|^error-/.test(file) && provider !== 'redaction')
    .flatMap((file) => {
      const body = JSON.parse(readFileSync(new URL(`${provider}/${file}`, FIXTURES), 'utf8'));
      const forms = FORMS[provider] ?? { answer: (whole: object) => whole };
      return Object.entries(forms).map(([form, make]): [string, object] => [
        `${provider} ${basename(file, '.json')}: ${form}`,
        make(body, file) as object,
      ]);
    }),
);
const ANSWERS = [...RECORDED, ...MADE];

const knownTo = (answer: object) => FAMILIES.filter((reader) => reader.read(answer, WANTED) !== undefined);

test.each(ANSWERS)('%s is known to one family', (_name, answer) => {
  expect(knownTo(answer)).toHaveLength(1);
});

test('every family has answers here', () => {
  expect(new Set(ANSWERS.flatMap(([, answer]) => knownTo(answer)))).toEqual(new Set(FAMILIES));
});

test('the name of a parameter is that of one family, or common to several', () => {
  const names = [COMMON_PARAMETERS, ...FAMILIES.map(({ parameters }) => parameters ?? {})].flatMap(Object.keys);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test.each(ANSWERS)('%s is read alike, whatever the method answered with before', (_name, answer) => {
  const alone = readResponse(answer, WANTED);
  const otherwise = ANSWERS.filter(([, before]) => {
    const last: LastKnown = {};
    readResponse(before, WANTED, last);
    const again = [1, 2].map(() => readResponse(answer, WANTED, last));
    return !isDeepStrictEqual(again, [alone, alone]);
  });
  expect(otherwise.map(([name]) => name)).toEqual([]);
});

test("what Mistral's client answers with is no answer of OpenAI's, though it looks like one", () => {
  const answer = { data: [{ embedding: [0.1] }], model: 'mistral-embed', usage: { promptTokens: 3 } };
  const last: LastKnown = {};
  expect(readResponse({ data: [{ embedding: [0.1] }], model: 'e' }, WANTED, last)?.provider).toBe('openai');
  expect(readResponse(answer, WANTED, last)?.provider).toBe('mistral_ai');
});

/** An answer, and how often any of its members was asked for. */
function counted(answer: object): { readonly answer: object; readonly asked: () => number } {
  let asked = 0;
  const proxy = new Proxy(answer, {
    get(target, key) {
      asked += 1;
      return Reflect.get(target, key);
    },
    has(target, key) {
      asked += 1;
      return Reflect.has(target, key);
    },
  });
  return { answer: proxy, asked: () => asked };
}

describe('what is asked of an answer', () => {
  test.each(ANSWERS)('%s: after another of the same kind, what its own reader asks', (_name, answer) => {
    const [reader] = knownTo(answer);
    const alone = counted(answer);
    reader?.read(alone.answer, WANTED);
    const last: LastKnown = {};
    const counts = [1, 2, 3].map(() => {
      const { answer: next, asked } = counted(answer);
      readResponse(next, WANTED, last);
      return asked();
    });
    expect(counts.slice(1)).toEqual([alone.asked(), alone.asked()]);
    expect(counts[0]).toBeGreaterThanOrEqual(alone.asked());
  });

  test('of another class: the same as of the first that the method gave', () => {
    const asked = (last: LastKnown) => {
      const keys: PropertyKey[] = [];
      const answer = new Proxy(new GenerateContentResponse(), {
        get: (target, key) => keys.push(key) && Reflect.get(target, key),
      });
      readResponse(answer, WANTED, last);
      return keys;
    };
    const plain: LastKnown = {};
    readResponse({ object: 'chat.completion', choices: [] }, WANTED, plain);
    expect(plain.reader).toBeDefined();
    expect(asked(plain)).toEqual(asked({}));
  });

  test('through a decorated method: less from its second answer on, whatever other methods answer with', async () => {
    const told = Object.fromEntries(ANSWERS);
    const ask = (name: string) => {
      const method = LlmCall()(async (answer: object) => answer);
      return async () => {
        const { answer, asked } = counted(told[name] as object);
        await method(answer);
        return asked();
      };
    };
    const [cohere, ollama] = [ask('cohere chat: answer'), ask('ollama chat: answer')];
    const [first, firstOfOther] = [await cohere(), await ollama()];
    const [second, secondOfOther] = [await cohere(), await ollama()];
    expect(second).toBeLessThan(first);
    expect(secondOfOther).toBeLessThan(firstOfOther);
    expect(await ask('cohere chat: answer')()).toBe(first);
  });
});
