import type { ExecutionContext } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import { type Observable, tap } from 'rxjs';
import { ATTR_CODE_FUNCTION_NAME, ATTR_ERROR_TYPE } from '../../lib/call/names.js';
import type { InFlight } from '../../lib/call/operation.js';
import { context, createContextKey } from '../../lib/otel.js';
import { FrameworkCall } from '../observation.js';

const MESSAGE = createContextKey('annotel.nest.gateway-message');

/** `error.type` of a message that a guard did not let pass. */
const REJECTED = 'rejected';

/**
 * A message to a gateway, from its guards to the end of its answer. Nest answers what is thrown meanwhile with an event `exception`,
 * whatever it is, and tells nobody: guards and the interceptor do.
 */
export class GatewayMessage extends FrameworkCall {
  private thrown: { readonly error: unknown; readonly at: number } | undefined;
  private execution: ExecutionContext | undefined;
  private isAnswered = false;

  /** The guards have let it pass: what `answers` says is what it is answered with. */
  reached(execution: ExecutionContext, method: string, answers: Observable<unknown>): Observable<unknown> {
    if (this.execution === execution) return answers;
    this.execution = execution;
    this.add({ [ATTR_CODE_FUNCTION_NAME]: method });
    return answers.pipe(tap({ error: (error) => this.failed(error) }));
  }

  /** Something threw that Nest answers for. */
  failed(error: unknown): void {
    this.thrown ??= { error, at: performance.now() };
  }

  override item(value: unknown): void {
    this.isAnswered = true;
    super.item(value);
  }

  override ok(value: unknown): void {
    if (this.thrown) return this.failAt(this.thrown.error, this.thrown.at);
    if (!this.execution && !this.isAnswered) this.add({ [ATTR_ERROR_TYPE]: REJECTED });
    super.ok(value);
  }

  override fail(error: unknown): void {
    this.failAt(error, performance.now());
  }
}

/** `parent`, in which {@link gatewayMessage} finds the message. */
export function withMessage(parent: Context, message: InFlight): Context {
  return parent.setValue(MESSAGE, message);
}

/** The message that the active context handles. */
export function gatewayMessage(): GatewayMessage | undefined {
  return context.active().getValue(MESSAGE) as GatewayMessage | undefined;
}
