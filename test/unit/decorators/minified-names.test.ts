import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type DiagLogger, diag } from '@opentelemetry/api';
import { captureTelemetry } from '../../../lib/testing/index.js';

describe('Names that a minifier has made up', () => {
  let said: string[];
  let annotel: typeof import('../../../lib/index.js');

  beforeEach(async () => {
    said = [];
    const logger = { warn: (text: string) => said.push(text) } as unknown as DiagLogger;
    diag.setLogger(logger, { suppressOverrideMessage: true });
    // It is said once in a process.
    jest.resetModules();
    annotel = await import('../../../lib/index.js');
  });
  afterEach(() => {
    diag.disable();
  });

  /** Calls each method, with telemetry running, of what `source` makes: a class, or a function that is decorated by itself. */
  const observe = async (source: string) => {
    const captured = captureTelemetry();
    const made = new Function(`return ${source}`)();
    const { prototype } = made;
    const keys =
      prototype === undefined ? [] : Object.getOwnPropertyNames(prototype).filter((key) => key !== 'constructor');
    if (keys.length === 0) annotel.Traced()(made as (text: string) => unknown)('question');
    for (const key of keys) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor;
      Object.defineProperty(prototype, key, annotel.Traced()(prototype, key, descriptor) as PropertyDescriptor);
      new made()[key]('question');
    }
    await captured.stop();
  };

  it.each([
    ['a class', 'class n{work(t){return t}}', 'n.work'],
    ['a class of a large program', 'class aGt extends Object{work(t,e){return t}}', 'aGt.work'],
    [
      'a class that is kept in a variable',
      '(()=>{let Nn=class{async work(){return`a\n { b`}};return Nn})()',
      'Nn.work',
    ],
    ['parameters that are taken apart', 'class n{work({model:t}){return t}}', 'n.work'],
    ['a function', 'function e(t){return t}', 'e'],
  ])('are told once: %s', async (_what, source, name) => {
    await observe(source);
    await observe('class o{work(t){return t}generate(t){return t}}');
    expect(said).toEqual([
      expect.stringMatching(/^annotel: '.*' was named by a minifier, .*keepNames.*keep_classnames/),
    ]);
    expect(said[0]).toContain(`'${name}'`);
  });

  it.each([
    ['a name of the length of a word', 'class RagService{work(t){return t}}'],
    ['an abbreviation', 'class DB{query(t){return t}}'],
    ['a short word', 'class Rag{ask(t){return t}}'],
    ['a short name in a source as it was written', 'class S { work(t) { return t; } }'],
    ['a short name where only spaces are left out', 'class S{work(question){return question}}'],
    ['a short name where only spaces are left out, in a later parameter', 'class S{work(a,question){return question}}'],
    ['an arrow function', '(t)=>{return t}'],
    ['a built-in function', 'Math.abs'],
  ])('are not suspected: %s', async (_what, source) => {
    await observe(source);
    expect(said).toEqual([]);
  });

  it('are told when somebody listens', async () => {
    const decorated = annotel.Traced()(new Function('return function e(t){return t}')() as () => void);
    decorated();
    expect(said).toEqual([]);
    const captured = captureTelemetry();
    decorated();
    await captured.stop();
    expect(said).toHaveLength(1);
  });
});
