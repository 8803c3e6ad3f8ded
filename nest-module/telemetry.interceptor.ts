import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { catchError, concat, defer, EMPTY, filter, type Observable, of, throwError } from 'rxjs';
import { isObserved, Traced } from '../lib/index.js';
import { context, createContextKey } from '../lib/otel.js';
import { nameServerSpan } from '../lib/sdk/index.js';

type Handle = (next: CallHandler, execution: ExecutionContext) => Observable<unknown>;
type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Which execution is observed already: two interceptors in one chain make one span. */
const EXECUTION = createContextKey('annotel.nest.execution');

/** One wrapper per handler, `undefined` where the handler observes itself. By class first: handlers are inherited. */
const handles = new WeakMap<Type, Map<Handler, Handle | undefined>>();

/**
 * Records controller and handler: the HTTP server span gets the route (`http.route`, and the name `GET /cats/:id`), and below it
 * a span `Controller.handler` covers what pipes and handler do. Handlers of microservices and gateways get such a span too; a
 * handler with a decorator of annotel has one already and gets no second one. An `HttpException` below 500 is an answer and does
 * not fail the span. Response, errors and streaming stay those of the handler.
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
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() === 'http') nameRoute(execution.switchToHttp().getRequest());
    const handle = context.active().getValue(EXECUTION) === execution ? undefined : handleOf(execution);
    return handle ? handle(next, execution) : next.handle();
  }
}

function handleOf(execution: ExecutionContext): Handle | undefined {
  const controller = execution.getClass();
  const handler = execution.getHandler();
  const ofController = handles.get(controller) ?? new Map<Handler, Handle | undefined>();
  if (!ofController.has(handler)) {
    const handle = isObserved(handler) ? undefined : observed(nameOf(controller, handler));
    handles.set(controller, ofController.set(handler, handle));
  }
  return ofController.get(handler);
}

function observed(name: string): Handle {
  const handle: Handle = (next, execution) =>
    context
      .with(context.active().setValue(EXECUTION, execution), () => next.handle())
      .pipe(catchError((error: unknown) => of(asHttpAnswer(error, execution))));
  // The span takes the name of the function.
  Object.defineProperty(handle, 'name', { value: name });
  // No log: Nest's exception layer logs what went wrong, and a request refused with 4xx is no incident.
  const observedHandle = Traced({ log: 'none' })(handle);
  return (next, execution) => thrownAgain(observedHandle(next, execution));
}

/** An exception on its way out of the span, as a value: to those outside it is thrown as it was. */
class HttpAnswer {
  constructor(readonly exception: HttpException) {}
}

/** @throws `error` where it is no answer; to messages of microservices and gateways, Nest answers with other exceptions */
function asHttpAnswer(error: unknown, execution: ExecutionContext): HttpAnswer {
  const isMessage = ['rpc', 'ws'].includes(execution.getType());
  if (!isMessage && error instanceof HttpException && error.getStatus() < 500) return new HttpAnswer(error);
  throw error;
}

/** After the end, so that the span ends as that of a handler that has answered. */
function thrownAgain(handled: Observable<unknown>): Observable<unknown> {
  return defer(() => {
    let refused: HttpAnswer | undefined;
    const answers = handled.pipe(
      filter((value) => {
        if (value instanceof HttpAnswer) refused = value;
        return !(value instanceof HttpAnswer);
      }),
    );
    return concat(
      answers,
      defer(() => (refused ? throwError(() => refused?.exception) : EMPTY)),
    );
  });
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
function nameRoute(request: RoutedRequest | undefined): void {
  const path = request?.route?.path ?? request?.routeOptions?.url;
  if (typeof path === 'string') nameServerSpan(`${request?.baseUrl ?? ''}${path}`);
}
