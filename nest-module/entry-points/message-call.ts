import type { CallHandler } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import { type Observable, tap } from 'rxjs';
import type { InFlight } from '../../lib/call/operation.js';
import { context, createContextKey } from '../../lib/otel.js';
import { FrameworkCall } from '../observation.js';
import { grpcStatus } from './grpc-status.js';
import { ATTR_RPC_STATUS } from './message-operations.js';

const MESSAGE = createContextKey('annotel.nest.message');

/**
 * A message that is being handled: from before the guards until it is answered. Nest answers with another error than the one that
 * was thrown, so that nothing of it gets to the client; what is recorded is what was thrown.
 */
export class MessageCall extends FrameworkCall {
  private thrown: { readonly error: unknown } | undefined;

  /** The message that the active context belongs to. */
  static current(): MessageCall | undefined {
    return context.active().getValue(MESSAGE) as MessageCall | undefined;
  }

  /** `parent`, as a context that belongs to a message. */
  static enter(parent: Context, call: InFlight): Context {
    return parent.setValue(MESSAGE, call);
  }

  /** What the handler answers, unchanged. */
  answersOf(next: CallHandler): Observable<unknown> {
    const error = (thrown: unknown): void => {
      this.thrown ??= { error: thrown };
    };
    return next.handle().pipe(tap({ error }));
  }

  override fail(answer: unknown): void {
    this.failAt(this.thrown ? this.thrown.error : answer, performance.now());
  }
}

/** A call by gRPC, where some statuses are answers: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
export class GrpcMessageCall extends MessageCall {
  override fail(answer: unknown): void {
    const status = grpcStatus(answer);
    this.add({ [ATTR_RPC_STATUS]: status.name });
    if (status.isServersFault) super.fail(answer);
    else this.endAt(performance.now());
  }
}
