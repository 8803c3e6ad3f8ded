import { types } from 'node:util';
import type { Context } from '@opentelemetry/api';
import { Observable, tap } from 'rxjs';
import { ATTR_CODE_FUNCTION_NAME, ATTR_ERROR_TYPE } from '../../lib/call/names.js';
import type { InFlight } from '../../lib/call/operation.js';
import { context, createContextKey } from '../../lib/otel.js';
import { FrameworkCall } from '../observation.js';

const MESSAGE = createContextKey('annotel.nest.gateway-message');

/** `error.type` of a message that never came to its handler, of which nobody says why: a guard did not let it pass. */
const REJECTED = 'rejected';

/**
 * A message to a gateway, from its guards to the end of its answer. Nest answers whatever is thrown meanwhile with an event
 * `exception`, and tells nobody: the handler does, and each step before it.
 */
export class GatewayMessage extends FrameworkCall {
  private thrown: { readonly error: unknown; readonly at: number } | undefined;
  private wasHandled = false;

  /** Runs its handler. */
  handle(method: string, handler: () => unknown): unknown {
    this.wasHandled = true;
    this.add({ [ATTR_CODE_FUNCTION_NAME]: method });
    let answer: unknown;
    try {
      answer = handler();
    } catch (error) {
      this.failed(error);
      throw error;
    }
    if (types.isPromise(answer)) answer.catch((error: unknown) => this.failed(error));
    else if (answer instanceof Observable) return answer.pipe(tap({ error: (error) => this.failed(error) }));
    return answer;
  }

  /** Something threw. Unless an interceptor has another answer, Nest tells the client. */
  failed(error: unknown): void {
    this.thrown ??= { error, at: performance.now() };
  }

  override item(value: unknown): void {
    this.wasHandled = true;
    this.thrown = undefined;
    super.item(value);
  }

  override ok(value: unknown): void {
    if (this.thrown) return this.failAt(this.thrown.error, this.thrown.at);
    if (!this.wasHandled) this.add({ [ATTR_ERROR_TYPE]: REJECTED });
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
