import { type HrTime, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR_ANNOTEL_COST_AMOUNT, ATTR_GEN_AI_OPERATION_NAME, isInternal } from '../../genai/semconv.js';
import type { KeepRules } from './keep-rules.js';

/** The rule that kept a trace; the first of them where several match. */
export type KeptBy = 'error' | 'slow' | 'expensive';

/** What the ended spans of one trace say of the rules. */
export class Evidence {
  private failed = false;
  /** Of the local root, in milliseconds. */
  private took = 0;
  private cost = 0;
  /** The most that an agent, a workflow or a tool told: what it calls has told its own cost. */
  private summedUp = 0;

  /** Takes an ended span in. */
  add(span: ReadableSpan, isLocalRoot: boolean): void {
    if (span.status.code === SpanStatusCode.ERROR) this.failed = true;
    if (isLocalRoot) this.took = millis(span.duration);
    const amount = span.attributes[ATTR_ANNOTEL_COST_AMOUNT];
    if (typeof amount !== 'number' || !(amount > 0)) return;
    if (isInternal(span.attributes[ATTR_GEN_AI_OPERATION_NAME])) this.summedUp = Math.max(this.summedUp, amount);
    else this.cost += amount;
  }

  /**
   * The rule that the trace meets, with what is known so far.
   *
   * @param running milliseconds that the local root has been running for, where it has not ended
   */
  meets({ errors, slowerThan, costlierThan }: KeepRules, running = 0): KeptBy | undefined {
    if (errors && this.failed) return 'error';
    if (slowerThan !== undefined && Math.max(this.took, running) > slowerThan) return 'slow';
    if (costlierThan !== undefined && Math.max(this.cost, this.summedUp) > costlierThan) return 'expensive';
    return undefined;
  }
}

function millis([seconds, nanos]: HrTime): number {
  return seconds * 1000 + nanos / 1e6;
}
