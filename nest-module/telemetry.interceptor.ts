import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  Optional,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import { settle } from '../lib/call/result/settle.js';
import { isObserved } from '../lib/index.js';
import { context, createContextKey } from '../lib/otel.js';
import { isUntracedHere, nameServerSpan, untracedContext } from '../lib/sdk/server-span.js';
import { gatewayMessage } from './entry-points/gateway-message.js';
import { isGraphqlField, tellOfOperation } from './entry-points/graphql.js';
import { MessageCall } from './entry-points/message-call.js';
import { isHttpAnswer } from './http-answer.js';
import { HttpExchange } from './http-exchange.js';
import { type CalledMethod, calledMethod, FrameworkCall, observeAs, startCall } from './observation.js';
import { inRequestContext } from './request-context.js';
import { MODULE_OPTIONS_TOKEN, type TelemetryModuleOptions } from './telemetry.module-options.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Which execution is observed already: two interceptors in one chain make one span. */
export const EXECUTION = createContextKey('annotel.nest.execution');

/** What each handler is recorded as. By class first: handlers are inherited. */
const handlers = new WeakMap<Type, Map<Handler, CalledMethod>>();

/**
 * Records controller and handler: the HTTP server span gets the route (`http.route`, and the name `GET /cats/:id`), and below it
 * a span `Controller.handler` covers what pipes and handler do. Handlers of microservices and resolvers of GraphQL get such a span
 * too; a handler with a decorator of annotel has one already and gets no second one. It ends when the handler is done, or the stream
 * that it answers with. What the request is answered with decides whether an exception is a failure: an `HttpException` below 500 is
 * none, and neither is what an exception filter answers with less than 500. Response, errors and streaming stay those of the
 * handler.
 *
 * `TelemetryModule` registers it for all handlers, unless it is imported with `interceptor: false`; then single controllers
 * choose it.
 *
 * @example
 * ```ts
 * @UseInterceptors(TelemetryInterceptor)
 * @Controller('cats')
 * export class CatsController {}
 * ```
 */
@Injectable()
export class TelemetryInterceptor implements NestInterceptor {
  constructor(
    @Optional() @Inject(MODULE_OPTIONS_TOKEN) private readonly options?: Pick<TelemetryModuleOptions, 'requestContext'>,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const type = execution.getType();
    const message = type === 'rpc' ? MessageCall.current() : undefined;
    if (message) return message.answersOf(next);
    const http = type === 'http' ? execution.switchToHttp() : undefined;
    const exchange = http && HttpExchange.of(http.getResponse());
    if (http) nameRoute(http.getRequest(), exchange);
    const parent = context.active();
    if (parent.getValue(EXECUTION) === execution) return next.handle();
    if (isGraphqlField(execution) || (type === 'ws' && gatewayMessage())) return next.handle();
    if (exchange?.isIgnored || isUntracedHere()) return context.with(untracedContext(), () => next.handle());
    const observe = () => {
      const call = isObserved(execution.getHandler()) ? undefined : startCall(handlerOf(execution), HandlerCall);
      call?.serves(exchange, type === 'rpc' || type === 'ws');
      tellOfOperation(execution, call);
      return call && exchange ? answersOf(call, exchange, next) : observeAs(call, () => next.handle());
    };
    return context.with(parent.setValue(EXECUTION, execution), () => {
      const ofRequest = this.options?.requestContext;
      const request = ofRequest && requestOf(execution);
      return request ? inRequestContext(ofRequest, request, exchange, observe) : observe();
    });
  }
}

/** A handler's call. It ends with the stream that it answers with, and fails unless what it throws becomes an answer. */
class HandlerCall extends FrameworkCall {
  private exchange: HttpExchange | undefined;
  /** Whether it has a message to handle: to those, Nest answers with other exceptions. */
  private isMessage = false;
  private last: unknown;
  private isStreaming = false;

  serves(exchange: HttpExchange | undefined, isMessage: boolean): void {
    this.exchange = exchange;
    this.isMessage = isMessage;
    if (exchange) exchange.handler = this;
  }

  /** The handler has answered; of several answers, Nest sends the last. */
  answered(value: unknown): void {
    this.last = value;
  }

  override item(value: unknown): void {
    this.answered(value);
    super.item(value);
  }

  leave(lease: object | undefined): void {
    if (this.isStreaming) return;
    if (lease) this.pendingOn(lease, { waiting: 0 });
    else this.stop();
  }

  override ok(value: unknown): void {
    const body = this.isStreaming ? undefined : streamOf(this.last);
    if (body === undefined) return super.ok(value);
    this.isStreaming = true;
    settle(body, this, false);
  }

  override fail(error: unknown): void {
    const { exchange } = this;
    const at = performance.now();
    if (this.isStreaming) {
      if (exchange) exchange.hasBroken = true;
      return this.failAt(error, at);
    }
    const isAnswer = !this.isMessage && isHttpAnswer(error);
    const conclude = (failed: boolean) => (failed ? this.failAt(error, at) : this.endAt(at));
    if (exchange) exchange.add({ error, isAnswer, conclude });
    else conclude(!isAnswer);
  }
}

/**
 * What a handler answers to an HTTP request: Nest subscribes to it, once, and the response says when the request is over. So
 * nothing has to find out whether anybody still waits for it, which costs more than the rest.
 */
function answersOf(call: HandlerCall, exchange: HttpExchange, next: CallHandler): Observable<unknown> {
  let source: Observable<unknown>;
  try {
    source = context.with(call.context, () => next.handle());
  } catch (error) {
    call.fail(error);
    throw error;
  }
  return new Observable((subscriber) => {
    const outside = context.active();
    // Held by the handler for as long as it can still answer.
    const reading = { hasEnded: false };
    exchange.reading = reading;
    const answers = {
      next(value: unknown) {
        call.answered(value);
        context.with(outside, subscriber.next, subscriber, value);
      },
      error(error: unknown) {
        reading.hasEnded = true;
        call.fail(error);
        context.with(outside, subscriber.error, subscriber, error);
      },
      complete() {
        reading.hasEnded = true;
        call.ok(undefined);
        context.with(outside, subscriber.complete, subscriber);
      },
    };
    // What is made when it is subscribed to is made in the call.
    const subscription = context.with(call.context, () => source.subscribe(answers));
    return () => {
      subscription.unsubscribe();
      if (!reading.hasEnded) call.stop();
    };
  });
}

/** What of a handler's answer is sent piece by piece, after the handler is done. */
function streamOf(answer: unknown): object | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  if (answer instanceof StreamableFile) return answer.getStream();
  const { read, getReader, [Symbol.asyncIterator]: iterate } = answer as Record<PropertyKey, unknown>;
  const isStream = [read, getReader, iterate].some((member) => typeof member === 'function');
  return isStream || answer instanceof Response ? answer : undefined;
}

/** Resolvers of GraphQL find the request in their context, where their app has put it. */
function requestOf(execution: ExecutionContext): unknown {
  switch (execution.getType<string>()) {
    case 'http':
      return execution.switchToHttp().getRequest();
    case 'graphql':
      return execution.getArgByIndex<{ req?: unknown } | undefined>(2)?.req;
    default:
      return undefined;
  }
}

function handlerOf(execution: ExecutionContext): CalledMethod {
  const controller = execution.getClass();
  const handler = execution.getHandler();
  const ofController = handlers.get(controller) ?? new Map<Handler, CalledMethod>();
  const what = ofController.get(handler) ?? calledMethod({ method: nameOf(controller, handler) });
  if (!ofController.has(handler)) handlers.set(controller, ofController.set(handler, what));
  return what;
}

/** By its key, which is its route's too: a function that another decorator left in its place may have any name. */
function nameOf(controller: Type, handler: Handler): string {
  for (let owner = controller.prototype; owner; owner = Object.getPrototypeOf(owner)) {
    for (const key of Object.getOwnPropertyNames(owner)) {
      if (Object.getOwnPropertyDescriptor(owner, key)?.value === handler) return `${controller.name}.${key}`;
    }
  }
  return `${controller.name}.${handler.name}`;
}

/** Where Express and Fastify, each in its own way, put the route that matched. */
interface RoutedRequest {
  baseUrl?: string;
  route?: { path?: unknown };
  routeOptions?: { url?: unknown };
}

/** Libraries that call handlers through Nest may pass for HTTP, with anything in place of the request. */
function nameRoute(request: RoutedRequest | undefined, exchange: HttpExchange | undefined): void {
  const path = request?.route?.path ?? request?.routeOptions?.url;
  if (typeof path !== 'string') return;
  const route = `${request?.baseUrl ?? ''}${path}`;
  if (exchange) exchange.route = route;
  nameServerSpan(route);
}
