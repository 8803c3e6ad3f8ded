import { types } from 'node:util';
import type { ArgumentsHost, CallHandler, ExecutionContext } from '@nestjs/common';
import { BaseExceptionFilter, MiddlewareBuilder } from '@nestjs/core';
import { isObservable, Observable, tap } from 'rxjs';
import type { AnyFunction } from '../lib/call/wrap.js';
import { context } from '../lib/otel.js';
import { safely } from '../lib/safely.js';
import { gatewayMessage } from './entry-points/gateway-message.js';
import { isHttpAnswer } from './http-answer.js';
import { HttpExchange } from './http-exchange.js';
import { type CalledMethod, calledMethod, type Observation, recordPast } from './observation.js';
import { EXECUTION } from './telemetry.interceptor.js';

/** What a request passes through beside its handler, and the method by which Nest calls it. */
export const STEPS = {
  middleware: 'use',
  guard: 'canActivate',
  interceptor: 'intercept',
  pipe: 'transform',
  filter: 'catch',
} as const;
export type StepKind = keyof typeof STEPS;

/** What the steps of one app are recorded by. */
export interface PipelineOptions {
  /** Milliseconds. A step that takes no longer, and does not fail, is not recorded. */
  readonly slowerThan: number;
  /** An exception filter has the request: it may never have come to its handler. */
  readonly onFiltered?: (host: ArgumentsHost, exchange: HttpExchange) => void;
}

/** What takes the place of steps, with the options of the app that was made last: several may share a class or an object. */
const wrappers = new WeakMap<AnyFunction, { options: PipelineOptions }>();

/**
 * Lets a step of the pipeline be recorded, from now on, where it is slow or fails.
 *
 * @param owner the object that Nest calls, or the prototype of those that it makes for each request
 */
export function watchStep(owner: object, kind: StepKind, name: string, options: PipelineOptions): void {
  const key = STEPS[kind];
  const method = (owner as Record<string, unknown>)[key];
  if (typeof method !== 'function' || isWatched(method as AnyFunction, options)) return;
  const wrapper = watchedStep(method as AnyFunction, kind, name, options);
  Reflect.defineProperty(owner, key, { value: wrapper, writable: true, configurable: true, enumerable: false });
}

function isWatched(method: AnyFunction, options: PipelineOptions): boolean {
  const known = wrappers.get(method);
  if (known) known.options = options;
  return known !== undefined;
}

function watchedStep(method: AnyFunction, kind: StepKind, name: string, options: PipelineOptions): AnyFunction {
  return watched(method, { method: `${name}.${STEPS[kind]}`, name, type: kind }, WATCHES[kind], options);
}

/**
 * A resolver of a field of GraphQL, recorded as a step is, where it is slow or fails: an answer may take thousands.
 *
 * @param name `Class.method`
 * @returns `undefined` where it is recorded so already
 */
export function watchedField(method: AnyFunction, name: string, options: PipelineOptions): AnyFunction | undefined {
  if (isWatched(method, options)) return undefined;
  const watch: Watch = (call, args, step) =>
    followed(
      () => call(args),
      step,
      () => undefined,
    );
  return watched(method, { method: name, type: 'field' }, watch, options);
}

function watched(method: AnyFunction, observation: Observation, watch: Watch, options: PipelineOptions): AnyFunction {
  const current = { options };
  const what = calledMethod(observation);
  const { [method.name]: wrapper } = {
    [method.name](this: unknown, ...args: unknown[]): unknown {
      return watch((given) => Reflect.apply(method, this, given), args, new Step(what, current.options));
    },
  };
  Object.defineProperty(wrapper, 'length', { value: method.length, configurable: true });
  wrappers.set(wrapper as AnyFunction, current);
  return wrapper as AnyFunction;
}

/** What an error of a step may be answered by. */
type Exchange = Pick<HttpExchange, 'add'>;

/** One step of one request. What it throws is a failure unless the request is answered otherwise. */
class Step {
  private readonly startedAt = performance.now();
  private readonly parent = context.active();
  /** Milliseconds in which what comes behind it in the pipeline had the request. */
  elsewhere = 0;
  private hasEnded = false;

  constructor(
    private readonly what: CalledMethod,
    readonly options: PipelineOptions,
  ) {}

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const endedAt = performance.now();
    if (this.isSlow(endedAt)) recordPast({ ...this.past, endedAt });
  }

  fail(error: unknown, exchange: Exchange | undefined): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const endedAt = performance.now();
    const isAnswer = isHttpAnswer(error);
    const conclude = (failed: boolean): void => {
      if (failed || this.isSlow(endedAt)) recordPast({ ...this.past, endedAt }, failed ? { error } : undefined);
    };
    if (exchange) exchange.add({ error, isAnswer, conclude });
    else conclude(!isAnswer);
  }

  private isSlow(endedAt: number): boolean {
    return endedAt - this.startedAt - this.elsewhere > this.options.slowerThan;
  }

  private get past() {
    const { what, parent, startedAt } = this;
    return { what, parent, startedAt };
  }
}

/** Calls a step and sees to its end. Returns and throws what it does. */
type Watch = (call: (args: unknown[]) => unknown, args: unknown[], step: Step) => unknown;

const WATCHES: Readonly<Record<StepKind, Watch>> = {
  guard: (call, args, step) =>
    followed(
      () => call(args),
      step,
      () => exchangeOf(args[0]) ?? exchangeOfMessage(),
    ),
  // A pipe is not told whose value it gets.
  pipe: (call, args, step) =>
    followed(
      () => call(args),
      step,
      () => exchangeOf(context.active().getValue(EXECUTION)) ?? exchangeOfMessage(),
    ),
  filter(call, args, step) {
    const [error, host] = args as [unknown, ArgumentsHost];
    const exchange = exchangeOf(host);
    if (exchange) noteFiltered(error, host, exchange, step.options);
    return followed(
      () => call(args),
      step,
      () => exchange,
    );
  },
  /** Until it hands the request on: everything else of the request happens in its `next`. */
  middleware(call, args, step) {
    const [request, response, next, ...rest] = args;
    const exchange = () => HttpExchange.of(response);
    if (typeof next !== 'function') return call(args);
    const handOn = (...given: unknown[]): unknown => {
      if (given[0] !== undefined && given[0] !== 'route' && given[0] !== 'router') step.fail(given[0], exchange());
      else step.end();
      return next(...given);
    };
    return followed(() => call([request, response, handOn, ...rest]), step, exchange);
  },
  interceptor(call, [execution, next, ...rest], step) {
    const exchange = () => exchangeOf(execution) ?? exchangeOfMessage();
    const fromWithin = new Set<unknown>();
    const inner: CallHandler = { handle: () => within((next as CallHandler).handle(), step, fromWithin) };
    const own = (error: unknown) => (fromWithin.has(error) ? step.end() : step.fail(error, exchange()));
    const following = (answers: unknown): unknown => {
      if (!(answers instanceof Observable)) return answers;
      return answers.pipe(tap({ error: own, complete: () => step.end(), unsubscribe: () => step.end() }));
    };
    let answers: unknown;
    try {
      answers = call([execution, inner, ...rest]);
    } catch (error) {
      own(error);
      throw error;
    }
    if (!types.isPromise(answers)) return following(answers);
    return answers.then(following, (error: unknown) => {
      own(error);
      throw error;
    });
  },
};

/** What is behind an interceptor: the time that it takes, and its errors, are not the interceptor's. */
function within(source: Observable<unknown>, step: Step, errors: Set<unknown>): Observable<unknown> {
  let since: number | undefined;
  const stop = (): void => {
    if (since !== undefined) step.elsewhere += performance.now() - since;
    since = undefined;
  };
  return source.pipe(
    tap({
      subscribe() {
        since = performance.now();
      },
      error(error) {
        errors.add(error);
        stop();
      },
      complete: stop,
      unsubscribe: stop,
    }),
  );
}

function followed(call: () => unknown, step: Step, exchange: () => Exchange | undefined): unknown {
  let value: unknown;
  try {
    value = call();
  } catch (error) {
    step.fail(error, exchange());
    throw error;
  }
  if (types.isPromise(value)) {
    return value.then(
      (result) => {
        step.end();
        return result;
      },
      (error: unknown) => {
        step.fail(error, exchange());
        throw error;
      },
    );
  }
  if (isObservable(value) && value instanceof Observable) {
    return value.pipe(tap({ error: (error) => step.fail(error, exchange()), complete: () => step.end() }));
  }
  step.end();
  return value;
}

function exchangeOf(host: unknown): HttpExchange | undefined {
  const { getType, switchToHttp } = (host ?? {}) as Partial<ExecutionContext>;
  if (typeof getType !== 'function' || typeof switchToHttp !== 'function') return undefined;
  const http = host as ExecutionContext;
  return http.getType() === 'http' ? HttpExchange.of(http.switchToHttp().getResponse()) : undefined;
}

/** A message to a gateway fails by whatever a step throws. */
function exchangeOfMessage(): Exchange | undefined {
  const message = gatewayMessage();
  return (
    message && {
      add({ error, conclude }) {
        message.failed(error);
        conclude(true);
      },
    }
  );
}

function noteFiltered(error: unknown, host: ArgumentsHost, exchange: HttpExchange, options: PipelineOptions): void {
  exchange.addFiltered(error);
  safely('reading a request context', () => options.onFiltered?.(host, exchange));
}

// --- what only a class of Nest's has in its hands --------------------------------------------------------------------

/** By the HTTP adapter, which each app has of its own. */
const apps = new WeakMap<object, PipelineOptions>();

/** Watches the middleware of an app, and what its exceptions come to where it has no filter for them. */
export function watchApp(httpAdapter: object, options: PipelineOptions): void {
  apps.set(httpAdapter, options);
  watchMiddleware();
  watchBaseFilter();
}

let isMiddlewareWatched = false;

/** Nest makes middleware only when it registers it, and gives nobody the instances. */
function watchMiddleware(): void {
  if (isMiddlewareWatched) return;
  isMiddlewareWatched = true;
  const { apply } = MiddlewareBuilder.prototype;
  MiddlewareBuilder.prototype.apply = function (...middleware) {
    const options = apps.get(this.getHttpAdapter());
    if (!options) return Reflect.apply(apply, this, middleware);
    return Reflect.apply(
      apply,
      this,
      middleware
        .flat()
        .map((one) => safely('watching middleware', () => watchedMiddleware(one as AnyFunction, options), one)),
    );
  };
}

function watchedMiddleware(middleware: AnyFunction, options: PipelineOptions): AnyFunction {
  if (typeof middleware !== 'function' || isWatched(middleware, options)) return middleware;
  if (typeof middleware.prototype?.use === 'function') {
    watchStep(middleware.prototype, 'middleware', middleware.name, options);
    return middleware;
  }
  if (/^class\b/.test(Function.prototype.toString.call(middleware))) return middleware;
  return watchedStep(middleware, 'middleware', middleware.name || 'middleware', options);
}

let isBaseFilterWatched = false;

function watchBaseFilter(): void {
  if (isBaseFilterWatched) return;
  isBaseFilterWatched = true;
  const { catch: original } = BaseExceptionFilter.prototype;
  BaseExceptionFilter.prototype.catch = function (error, host) {
    safely('seeing an exception', () => {
      const { applicationRef, httpAdapterHost } = this as unknown as {
        applicationRef?: object;
        httpAdapterHost?: { httpAdapter?: object };
      };
      const options = apps.get(applicationRef ?? httpAdapterHost?.httpAdapter ?? this);
      const exchange = options && exchangeOf(host);
      if (exchange) noteFiltered(error, host, exchange, options);
    });
    return Reflect.apply(original, this, [error, host]);
  };
}
