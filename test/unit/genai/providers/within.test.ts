import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { answerWithin } from '../../../../lib/genai/wrapped-answer.js';

const answer = { id: '1', model: 'm', choices: [] };
const headers = { 'content-type': 'application/json' };
const embeddings = { object: 'list', model: 'm', data: [{ embedding: [1] }] };
const chunks = async function* () {
  yield answer;
};

describe('the answer is found', () => {
  const node = Readable.from(['a']);
  const web = new ReadableStream();
  const generator = chunks();
  test.each<[string, object, unknown]>([
    ['beside its HTTP response', { data: answer, response: new Response(), request_id: 'r' }, answer],
    ['beside a response that is a literal', { response: { status: 200 }, data: answer }, answer],
    ['a list beside its HTTP response', { data: embeddings, response: {} }, embeddings],
    ['a stream beside its HTTP response', { data: generator, response: {} }, generator],
    ['as data of axios', { data: answer, status: 200, statusText: 'OK', headers, config: {}, request: {} }, answer],
    ['embeddings as data', { data: embeddings, status: 200 }, embeddings],
    ['as data alone', { data: answer }, answer],
    ['as a body', { body: answer, status: 200, headers }, answer],
    ['as a body alone', { body: answer }, answer],
    ['a stream as the body', { body: node, status: '200', headers, request: {} }, node],
    ['a web stream as the body', { body: web, status: '200', headers, request: {} }, web],
    ['the events of a body', { $metadata: {}, contentType: 'x', body: generator }, generator],
    ['the stream of a command', { $metadata: {}, stream: generator }, generator],
    ['in an object without a prototype', Object.assign(Object.create(null), { data: answer }), answer],
  ])('%s', (_where, value, expected) => {
    expect(answerWithin(value)).toBe(expected);
  });
});

describe('a value is handed back as it is', () => {
  class Result {
    readonly data = answer;
  }
  test.each<[string, object]>([
    ['an answer', answer],
    ['embeddings, whose data is a list', embeddings],
    ['a list of data', { data: [1], total: 1 }],
    ['an answer with an object as data', { model: 'm', data: { rows: 1 } }],
    ['data that is text', { data: 'text', response: {} }],
    ['an answer whose stream is a flag', { model: 'm', stream: true }],
    ['an object with a stream that is none', { stream: { rows: 1 } }],
    ['bytes as the body', { body: new Uint8Array(2), contentType: 'application/json' }],
    ['a complete answer of the Azure REST client', { body: answer, status: '200', headers, request: {} }],
    ['a failure of the Azure REST client', { body: Readable.from(['x']), status: '401', headers, request: {} }],
    ['an instance of a class', new Result()],
    ['a list', [answer]],
    ['a stream', new ReadableStream()],
    ['a Node stream', Object.assign(Readable.from(['a']), { body: answer })],
    ['a generator', chunks()],
    ['a promise', Promise.resolve({ data: answer })],
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    ['a literal that is awaited', { then: () => undefined, data: answer }],
    ['a literal that is iterated', { [Symbol.asyncIterator]: chunks, data: answer }],
    ['an HTTP response', new Response('{}')],
    ['a literal in the manner of an HTTP response', { json: async () => answer, text: async () => '', body: answer }],
    ['an observable', { subscribe: () => undefined, data: answer }],
    ['nothing', {}],
  ])('%s', (_what, value) => {
    expect(answerWithin(value)).toBe(value);
  });
});

test('no getter is asked', () => {
  const asked: string[] = [];
  const getters = (names: string[]): PropertyDescriptorMap =>
    Object.fromEntries(
      names.map((name) => [name, { enumerable: true, get: () => asked.push(name) && ({} as unknown) }]),
    );
  const literal = Object.defineProperties({}, getters(['data', 'response', 'body', 'stream']));
  expect(answerWithin(literal)).toBe(literal);
  class Result {}
  Object.defineProperties(Result.prototype, getters(['data', 'response', 'body', 'stream', 'json', 'then']));
  const instance = new Result();
  expect(answerWithin(instance)).toBe(instance);
  expect(asked).toEqual([]);
});
