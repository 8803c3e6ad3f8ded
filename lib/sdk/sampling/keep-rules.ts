import { type HrTime, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR_ANNOTEL_COST_AMOUNT, ATTR_GEN_AI_OPERATION_NAME, isInternal } from '../../genai/semconv.js';

/** Which traces are kept whatever the sampler says; see `ANNOTEL_KEEP`. */
export interface KeepRules {
  /** Traces with a span whose status is an error. */
  readonly errors: boolean;
  /** Traces whose local root took longer, in milliseconds. */
  readonly slowerThan: number | undefined;
  /** Traces whose calls cost more in all, in units of `annotel.cost.currency`. */
  readonly costlierThan: number | undefined;
}

/** Whether any rule is on. */
export function keepsAny({ errors, slowerThan, costlierThan }: KeepRules): boolean {
  return errors || slowerThan !== undefined || costlierThan !== undefined;
}

/**
 * Reads a comma list of `errors`, `slower-than=5s` and `costlier-than=0.10`, or `none`. The last of a kind counts.
 *
 * @returns the rules that were understood, and what was not; `none` beside a rule is not
 */
export function parseKeep(text: string): { rules: KeepRules; unknown: string[] } {
  const rules: { -readonly [K in keyof KeepRules]: KeepRules[K] } = {
    errors: false,
    slowerThan: undefined,
    costlierThan: undefined,
  };
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const unknown = items.filter((item) => {
    const [name, value, more] = item.split('=').map((part) => part.trim());
    if (more !== undefined) return true;
    switch (name?.toLowerCase()) {
      case 'none':
        return value !== undefined || items.length > 1;
      case 'errors':
        rules.errors ||= value === undefined;
        return value !== undefined;
      case 'slower-than': {
        const limit = value === undefined ? undefined : parseDuration(value);
        rules.slowerThan = limit ?? rules.slowerThan;
        return limit === undefined;
      }
      case 'costlier-than': {
        const limit = value === undefined ? undefined : parseAmount(value);
        rules.costlierThan = limit ?? rules.costlierThan;
        return limit === undefined;
      }
      default:
        return true;
    }
  });
  return { rules, unknown };
}

function parseAmount(text: string): number | undefined {
  return /^(\d+(\.\d+)?|\.\d+)$/.test(text) ? Number(text) : undefined;
}

const MILLIS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration as people write it: `500ms`, `5s`, `1.5m`, `24h`, `2d`. `undefined` where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const factor = Object.hasOwn(MILLIS, unit.toLowerCase()) ? MILLIS[unit.toLowerCase()] : undefined;
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/** The rule that kept a trace; the first of them where several match. */
export type KeptBy = 'error' | 'slow' | 'expensive';

/** What the rules look at in a trace: the sum of its spans that have ended so far. */
export class TraceSummary {
  private hasFailed = false;
  /** Of the local root, in milliseconds. */
  private duration = 0;
  /** Of the calls to models. */
  private cost = 0;
  /** The most that an agent, a workflow or a tool has: what those have is the sum of the calls below them. */
  private summedCost = 0;

  /** Adds a span that has ended. */
  add(span: ReadableSpan, isLocalRoot: boolean): void {
    if (span.status.code === SpanStatusCode.ERROR) this.hasFailed = true;
    if (isLocalRoot) this.duration = millis(span.duration);
    const amount = span.attributes[ATTR_ANNOTEL_COST_AMOUNT];
    if (typeof amount !== 'number' || !(amount > 0)) return;
    if (isInternal(span.attributes[ATTR_GEN_AI_OPERATION_NAME])) this.summedCost = Math.max(this.summedCost, amount);
    else this.cost += amount;
  }

  /**
   * The rule that the trace meets, with what is known so far.
   *
   * @param running milliseconds that the local root has been running for, where it has not ended
   */
  meets({ errors, slowerThan, costlierThan }: KeepRules, running = 0): KeptBy | undefined {
    if (errors && this.hasFailed) return 'error';
    if (slowerThan !== undefined && Math.max(this.duration, running) > slowerThan) return 'slow';
    if (costlierThan !== undefined && Math.max(this.cost, this.summedCost) > costlierThan) return 'expensive';
    return undefined;
  }
}

function millis([seconds, nanos]: HrTime): number {
  return seconds * 1000 + nanos / 1e6;
}
