import type { Attributes } from '@opentelemetry/api';
import { currentCall } from '../call/current.js';
import type { InFlight } from '../call/operation.js';
import { safely, warnOnce } from '../safely.js';
import * as semconv from './semconv.js';

/** The argument of {@link markCache}. */
export interface CacheMark {
  /**
   * `prefix`: the provider read a part of the input from its cache; the model was asked all the same. `semantic`: a cache of
   * the app's own answered, and no model was asked.
   */
  type: 'prefix' | 'semantic';
}

/**
 * This call was answered by a cache: `annotel.cache.hit` and `annotel.cache.type` on span, log record and metrics. A call
 * that a semantic cache answered costs nothing and has no token metrics, whatever the stored answer says of its own usage.
 * Outside of a decorated method it does nothing. Never throws.
 *
 * @example
 * ```ts
 * const stored = await cache.nearest(question);
 * if (stored) {
 *   markCache({ type: 'semantic' });
 *   return stored;
 * }
 * ```
 */
export function markCache(mark: CacheMark): void {
  safely('marking a cache hit', () => {
    const type = mark?.type;
    if (type !== 'prefix' && type !== 'semantic') {
      return warnOnce(`markCache() needs a type, 'prefix' or 'semantic', as in markCache({ type: 'semantic' })`);
    }
    currentCall()?.add({ [semconv.ATTR_ANNOTEL_CACHE_HIT]: true, [semconv.ATTR_ANNOTEL_CACHE_TYPE]: type });
  });
}

/** The argument of {@link markFallback}. */
export interface FallbackMark {
  /** What was tried before: a provider or model. */
  from: string;
  /** Which attempt this is, the first fallback being 1. */
  attempt?: number;
}

/**
 * A fallback provider or model answers: `annotel.fallback.*` on the call that the attempts are made in, such as a workflow;
 * called within a model call, on the one around it. Outside of a decorated method it does nothing. Never throws.
 *
 * @example
 * ```ts
 * try {
 *   return await this.askOpenAI(question);
 * } catch {
 *   markFallback({ from: 'openai', attempt: 1 });
 *   return this.askAnthropic(question);
 * }
 * ```
 */
export function markFallback(mark: FallbackMark): void {
  safely('marking a fallback', () => {
    const { from, attempt } = mark;
    const bag: Attributes = { [semconv.ATTR_ANNOTEL_FALLBACK_USED]: true };
    if (typeof from === 'string') bag[semconv.ATTR_ANNOTEL_FALLBACK_FROM] = from;
    if (typeof attempt === 'number') bag[semconv.ATTR_ANNOTEL_FALLBACK_ATTEMPT] = attempt;
    attemptsAreMadeIn(currentCall())?.annotate(bag);
  });
}

/** The nearest call that is no model call itself; where there is none, the model call. */
function attemptsAreMadeIn(innermost: InFlight | undefined): InFlight | undefined {
  for (let call = innermost; call; call = call.enclosing) if (!semconv.isInference(call.operation.type)) return call;
  return innermost;
}

/** The argument of {@link markSafety}. */
export interface SafetyMark {
  flagged: boolean;
  /** 0 (harmless) to 1. */
  score?: number;
}

/**
 * The verdict of a safety check on the call that is running: `annotel.safety.*` on span and log record, and the event
 * `gen_ai.evaluation.result` named `safety`, with label `fail` where it was flagged, else `pass`. Outside of a decorated
 * method it does nothing. Never throws.
 *
 * @example
 * ```ts
 * markSafety({ flagged: moderation.flagged, score: moderation.score });
 * ```
 */
export function markSafety(mark: SafetyMark): void {
  safely('marking a safety verdict', () => {
    const { score, flagged } = mark;
    const call = currentCall();
    if (!call) return;
    const verdict: Attributes = { [semconv.ATTR_ANNOTEL_SAFETY_FLAGGED]: flagged === true };
    const result: Attributes = {
      [semconv.ATTR_GEN_AI_EVALUATION_NAME]: 'safety',
      [semconv.ATTR_GEN_AI_EVALUATION_SCORE_LABEL]: flagged === true ? 'fail' : 'pass',
    };
    if (typeof score === 'number' && score >= 0 && score <= 1) {
      verdict[semconv.ATTR_ANNOTEL_SAFETY_SCORE] = score;
      result[semconv.ATTR_GEN_AI_EVALUATION_SCORE_VALUE] = score;
    } else if (score !== undefined) warnOnce('markSafety(): a score is a number from 0 to 1; others are left out');
    call.annotate(verdict);
    call.event(semconv.EVENT_GEN_AI_EVALUATION_RESULT, result);
  });
}
