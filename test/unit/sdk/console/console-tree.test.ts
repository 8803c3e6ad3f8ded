import { describe, expect, it, jest } from '@jest/globals';
import { ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, createAlwaysRecordSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { ConsoleTree } from '../../../../lib/sdk/console/console-tree.js';
import { finished } from '../../../support/sdk-span.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('ConsoleTree', () => {
  const printed: string[] = [];
  const write = (text: string) => {
    printed.push(text.replace(/\d[\d.]* (µs|ms)/g, 'T').replace(/trace .{32}/, 'trace ID'));
  };

  const traced = (
    options: ConstructorParameters<typeof ConsoleTree>[0] = {},
  ): { tracer: Tracer; tree: ConsoleTree } => {
    printed.length = 0;
    const tree = new ConsoleTree({ write, ...options });
    return { tree, tracer: new TracerProvider({ spanProcessors: [tree] }).getTracer('test') };
  };
  const below = (span: ReturnType<Tracer['startSpan']>) => trace.setSpan(ROOT_CONTEXT, span);

  it('prints a trace when its last span has ended, and not in the same turn', async () => {
    const { tracer } = traced();
    const root = tracer.startSpan('root');
    const child = tracer.startSpan('child', {}, below(root));
    root.end();
    await turn();
    expect(printed).toEqual([]);
    child.end();
    expect(printed).toEqual([]);
    await turn();
    expect(printed).toEqual(['trace ID\nroot  T\n└─ child  T\n']);
  });

  it('waits while a new span of the trace starts in the same turn', async () => {
    const { tracer } = traced();
    const root = tracer.startSpan('root');
    root.end();
    const follower = tracer.startSpan('follower', {}, below(root));
    await turn();
    expect(printed).toEqual([]);
    follower.end();
    await turn();
    expect(printed).toEqual(['trace ID\nroot  T\n└─ follower  T\n']);
  });

  it('orders spans that start in the same millisecond as they started', async () => {
    const { tracer } = traced();
    const root = tracer.startSpan('root');
    const names = Array.from({ length: 50 }, (_, index) => `step ${index}`);
    const spans = names.map((name) => tracer.startSpan(name, {}, below(root)));
    for (const span of [...spans.reverse(), root]) span.end();
    await turn();
    expect(printed[0]?.match(/step \d+/g)).toEqual(names);
  });

  it('prints once where several spans end at once', async () => {
    const { tracer } = traced();
    for (const name of ['a', 'b']) tracer.startSpan(name).end();
    await turn();
    expect(printed).toHaveLength(2);
  });

  it('prints what comes later on its own', async () => {
    const { tracer } = traced();
    const root = tracer.startSpan('root');
    root.end();
    await turn();
    tracer.startSpan('late', {}, below(root)).end();
    await turn();
    expect(printed).toEqual(['trace ID\nroot  T\n', 'trace ID\nlate  T\n']);
  });

  it('leaves out what is not sampled', async () => {
    printed.length = 0;
    const tree = new ConsoleTree({ write });
    const sampler = createAlwaysRecordSampler(new AlwaysOffSampler());
    new TracerProvider({ spanProcessors: [tree], sampler }).getTracer('test').startSpan('unsampled').end();
    await tree.shutdown();
    expect(printed).toEqual([]);
  });

  it('counts the spans of a trace that are too many', async () => {
    const { tracer } = traced({ maxSpans: 2 });
    const root = tracer.startSpan('root');
    for (const name of ['a', 'b', 'c']) tracer.startSpan(name, {}, below(root)).end();
    root.end();
    await turn();
    expect(printed).toEqual(['trace ID\nroot  T\n└─ a  T\n(2 more spans left out)\n']);
  });

  it('holds no more traces than it may: the oldest is printed as it stands', async () => {
    const { tracer } = traced({ maxTraces: 2 });
    const roots = ['a', 'b', 'c'].map((name) => {
      const root = tracer.startSpan(name);
      tracer.startSpan(`in ${name}`, {}, below(root)).end();
      return root;
    });
    expect(printed).toEqual(['trace ID\nin a  T\n(1 span still running)\n']);
    for (const root of roots) root.end();
    await turn();
    expect(printed.slice(1)).toEqual([
      'trace ID\na  T\n',
      'trace ID\nb  T\n└─ in b  T\n',
      'trace ID\nc  T\n└─ in c  T\n',
    ]);
  });

  it('prints a span that outlives its printed trace, also where the trace goes on', async () => {
    const { tracer } = traced({ maxTraces: 1 });
    const root = tracer.startSpan('root');
    tracer.startSpan('in root', {}, below(root)).end();
    tracer.startSpan('other').end();
    await turn();
    const child = tracer.startSpan('child', {}, below(root));
    root.end();
    await turn();
    child.end();
    await turn();
    expect(printed.slice(2)).toEqual(['trace ID\nroot  T\n└─ child  T\n']);
  });

  it('does not hold a trace for ever', () => {
    let now = 0;
    const { tracer } = traced({ maxAge: 1000, now: () => now });
    const stuck = tracer.startSpan('stuck');
    tracer.startSpan('in stuck', {}, below(stuck)).end();
    now = 1000;
    tracer.startSpan('next');
    expect(printed).toEqual(['trace ID\nin stuck  T\n(1 span still running)\n']);
  });

  it('flushes what is complete, and at its end everything', async () => {
    const { tracer, tree } = traced();
    const open = tracer.startSpan('open');
    tracer.startSpan('in open', {}, below(open)).end();
    tracer.startSpan('done').end();
    await tree.forceFlush();
    expect(printed).toEqual(['trace ID\ndone  T\n']);
    await tree.shutdown();
    expect(printed.slice(1)).toEqual(['trace ID\nin open  T\n(1 span still running)\n']);
  });

  it('writes to stdout, and survives one that is gone', async () => {
    const lines: string[] = [];
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    const tree = new ConsoleTree();
    tree.onEnd(finished());
    await tree.forceFlush();
    expect(lines.join('')).toBe('trace 0000000000000000000000000000000a\nspan  1 ms\n');
    spy.mockImplementation(() => {
      throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    });
    tree.onEnd(finished());
    await expect(tree.forceFlush()).resolves.toBeUndefined();
    spy.mockRestore();
  });
});
