import { afterEach, describe, expect, test } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import {
  BehaviorSubject,
  defer,
  firstValueFrom,
  lastValueFrom,
  map,
  Observable,
  of,
  repeat,
  retry,
  Subject,
  take,
  throwError,
} from 'rxjs';
import { Agent, LlmCall, llmRequest, Traced, Workflow, withRequestContext } from '../../../lib/index.js';
import { collectUntil } from '../../support/garbage.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

const ends = () =>
  telemetry.spans.map(({ name, error, attributes }) => [name, error ?? attributes['annotel.stream.end'] ?? 'ok']);

/** Fails as often as it is told to, and then answers; counts how often it was run. */
function flaky(failures: number) {
  const runs: unknown[] = [];
  const source = defer(() => {
    runs.push(trace.getActiveSpan()?.spanContext().spanId);
    return runs.length <= failures ? throwError(() => new Error(`failure ${runs.length}`)) : of('answer');
  });
  return { source, runs };
}

class Service {
  constructor(private readonly source: Observable<unknown>) {}

  @Traced()
  load(_id = 1): Observable<unknown> {
    return this.source;
  }
}

describe('each subscription of a returned Observable is one observation:', () => {
  test('retry() that succeeds at last', async () => {
    const { source, runs } = flaky(2);
    await expect(lastValueFrom(new Service(source).load().pipe(retry(2)))).resolves.toBe('answer');
    expect(ends()).toEqual([
      ['Service.load', 'failure 1'],
      ['Service.load', 'failure 2'],
      ['Service.load', 'ok'],
    ]);
    expect(telemetry.captured.spans.map((span) => span.spanContext().spanId)).toEqual(runs);
    expect(await telemetry.points('annotel.calls')).toMatchObject([
      { attributes: { 'error.type': 'Error' }, value: 2 },
      { value: 1 },
    ]);
  });

  test('retry() with a delay, and one that never succeeds', async () => {
    const { source } = flaky(3);
    const loaded = Traced('request')(() =>
      lastValueFrom(new Service(source).load().pipe(retry({ count: 1, delay: 1 }))),
    );
    await expect(loaded()).rejects.toThrow('failure 2');
    expect(ends()).toEqual([
      ['Service.load', 'failure 1'],
      ['Service.load', 'failure 2'],
      ['request', 'failure 2'],
    ]);
    expect(telemetry.spans.map(({ parent }) => parent)).toEqual(['request', 'request', undefined]);
  });

  test('repeat()', async () => {
    const { source } = flaky(0);
    await lastValueFrom(new Service(source).load().pipe(repeat(3)));
    expect(ends()).toEqual(Array(3).fill(['Service.load', 'ok']));
  });

  test('two subscribers, one of which leaves before the other', () => {
    const subject = new Subject<number>();
    const loaded = new Service(subject).load();
    const seen: unknown[] = [];
    const first = loaded.subscribe((value) => seen.push(['first', value]));
    const second = loaded.subscribe((value) => seen.push(['second', value]));
    subject.next(1);
    second.unsubscribe();
    expect(ends()).toEqual([['Service.load', 'stopped']]);
    subject.next(2);
    subject.complete();
    expect(first.closed).toBe(true);
    expect(seen).toEqual([
      ['first', 1],
      ['second', 1],
      ['first', 2],
    ]);
    expect(ends()).toEqual([
      ['Service.load', 'stopped'],
      ['Service.load', 'ok'],
    ]);
  });

  test('a subscriber who comes when all have left', async () => {
    const loaded = new Service(of(1, 2, 3)).load();
    expect(await lastValueFrom(loaded)).toBe(3);
    expect(await firstValueFrom(loaded)).toBe(1);
    expect(ends()).toEqual([
      ['Service.load', 'ok'],
      ['Service.load', 'stopped'],
    ]);
  });

  test('nobody: abandoned, once', async () => {
    (() => new Service(new Observable(() => {})).load())();
    await collectUntil(() => telemetry.spans.length > 0);
    expect(ends()).toEqual([['Service.load', 'abandoned']]);
  });

  test('two calls that return the same one, each with a subscriber of its own', () => {
    const subject = new Subject<number>();
    const service = new Service(subject);
    const first = service.load().subscribe();
    const second = service.load().subscribe();
    first.unsubscribe();
    expect(ends()).toEqual([['Service.load', 'stopped']]);
    second.unsubscribe();
    expect(ends()).toHaveLength(2);
  });

  test('of one that is piped, and of a Subject that is subscribed to as it is', () => {
    const current = new BehaviorSubject(1);
    const service = new Service(current);
    const doubled = service.load().pipe(
      map((value) => (value as number) * 2),
      take(1),
    );
    for (const _ of [1, 2]) doubled.subscribe();
    expect(ends()).toEqual(Array(2).fill(['Service.load', 'stopped']));
  });
});

describe('a further subscription', () => {
  test('stands where it is made, and has the request context there', async () => {
    const { source } = flaky(0);
    const { shared } = Traced('start-up')(() => ({
      shared: withRequestContext({ tenantId: 'first' }, () => new Service(source).load()),
    }))();
    for (const tenantId of ['acme', 'umbrella']) {
      await withRequestContext({ tenantId }, () => Traced(tenantId)(() => lastValueFrom(shared))());
    }
    const found = telemetry.spans.map(({ name, parent, attributes }) => [
      name,
      parent,
      attributes['annotel.tenant.id'],
    ]);
    expect(found).toEqual([
      ['start-up', undefined, undefined],
      ['Service.load', 'start-up', 'first'],
      ['acme', undefined, 'acme'],
      ['Service.load', 'umbrella', 'umbrella'],
      ['umbrella', undefined, 'umbrella'],
    ]);
  });

  test('is named and described as the first, by the arguments and by what the method told', async () => {
    const { source } = flaky(1);
    const answer = { object: 'chat.completion', model: 'gpt-4o', choices: [], usage: { prompt_tokens: 3 } };
    const ask = LlmCall({ provider: 'openai', attributes: (question: string) => ({ question }) })(
      (_question: string) => {
        llmRequest({ model: 'gpt-4o', messages: [], temperature: 0.5 });
        return source.pipe(map(() => answer));
      },
    );
    await Agent('helper')(() => lastValueFrom(ask('why').pipe(retry(1))))();
    const [failed, succeeded, agent] = telemetry.spans;
    expect([failed?.error, succeeded?.error]).toEqual(['failure 1', undefined]);
    for (const span of [failed, succeeded]) {
      expect(span).toMatchObject({
        name: 'chat gpt-4o',
        parent: 'invoke_agent helper',
        attributes: { question: 'why', 'gen_ai.request.temperature': 0.5, 'gen_ai.agent.name': 'helper' },
      });
    }
    expect(agent?.attributes).toMatchObject({ 'annotel.agent.inference_calls': 2, 'gen_ai.usage.input_tokens': 3 });
  });

  test('of one that several decorated methods handed on is one of each, within each other', async () => {
    const { source } = flaky(1);
    const inner = Traced('inner')(() => source);
    const outer = Workflow('outer')(() => inner());
    await Traced('request')(() => lastValueFrom(outer().pipe(retry(1))))();
    expect(telemetry.spans.map(({ name, parent, error }) => [name, parent, error])).toEqual([
      ['inner', 'invoke_workflow outer', 'failure 1'],
      ['invoke_workflow outer', 'request', 'failure 1'],
      ['inner', 'invoke_workflow outer', undefined],
      ['invoke_workflow outer', 'request', undefined],
      ['request', undefined, undefined],
    ]);
    const [, first, second] = telemetry.captured.spans.filter(({ name }) => name !== 'request');
    expect(second?.parentSpanContext?.spanId).not.toBe(first?.spanContext().spanId);
  });

  test('runs its producer in its own call, and calls back where it was subscribed to', async () => {
    const inside: unknown[] = [];
    const source = new Observable((subscriber) => {
      inside.push(trace.getActiveSpan()?.spanContext().spanId);
      setTimeout(() => subscriber.complete(), 1);
    });
    const loaded = new Service(source).load();
    const key = Symbol('subscriber');
    const seen: unknown[] = [];
    for (const who of ['first', 'second']) {
      await context.with(context.active().setValue(key, who), () => {
        const complete = () => seen.push(context.active().getValue(key));
        return new Promise<void>((resolve) => loaded.subscribe({ complete: () => resolve(void complete()) }));
      });
    }
    expect(seen).toEqual(['first', 'second']);
    expect(telemetry.captured.spans.map((span) => span.spanContext().spanId)).toEqual(inside);
  });

  test('that nobody ends is abandoned when nobody can end it any more', async () => {
    (() => {
      const loaded = new Service(new Observable(() => {})).load();
      loaded.subscribe().unsubscribe();
      loaded.subscribe();
    })();
    await collectUntil(() => telemetry.spans.length > 1);
    expect(ends()).toEqual([
      ['Service.load', 'stopped'],
      ['Service.load', 'abandoned'],
    ]);
  });

  test('where nobody listens any more is left alone', async () => {
    const loaded = new Service(of(1)).load();
    await lastValueFrom(loaded);
    await telemetry.captured.stop();
    expect(await lastValueFrom(loaded)).toBe(1);
  });
});

afterEach(() => {
  expect(trace.getActiveSpan()).toBeUndefined();
});
