import { type SpanContext, TraceFlags, type TraceState } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { PrivateFields } from '../private-fields.js';
import { type KeptBy, TraceSummary } from './keep-rules.js';
import type { SamplingOutcome } from './sampling-metrics.js';
import { probabilityOf, thresholdIn } from './threshold.js';

/** What was decided on a group, for good: spans that end later follow it. */
export interface TraceDecision {
  readonly outcome: SamplingOutcome;
  readonly isDelivered: boolean;
  /** How many traces this one stands for; absent where that is not known. */
  readonly weight?: number;
  readonly kept?: KeptBy;
}

/** The part of a trace that runs in this process below one span, its local root. */
export class TraceGroup {
  readonly summary = new TraceSummary();
  /** Spans that wait for the decision. */
  ended: ReadableSpan[] = [];
  /** Spans that belong to the group, and those of them and of the ones left out that have not ended. */
  started = 0;
  running = 0;
  leftOut = 0;
  rootEnded = false;
  decision: TraceDecision | undefined;
  /** Whether it was dropped, and met a rule later. */
  missed = false;
  /** Neighbours by age. */
  older: TraceGroup | undefined;
  newer: TraceGroup | undefined;
  private sampled = false;
  /** The highest of its sampled spans, since a trace sampled at one ratio is sampled at all higher ones. `NaN` where one is unknown. */
  private probability = 0;

  /** @param openedAt milliseconds, of the clock that ages are measured by */
  constructor(
    readonly root: SpanContext,
    readonly openedAt: number,
  ) {}

  /** Whether the sampler has sampled any of its spans. */
  get isSampled(): boolean {
    return this.sampled;
  }

  /** How many traces it stands for, where the sampler alone decided. */
  get weight(): number | undefined {
    return this.probability > 0 ? 1 / this.probability : undefined;
  }

  /** Adds a span of the group, with the decision of the sampler on it. */
  join(span: SpanContext): void {
    this.started += 1;
    if (!isSampled(span)) return;
    this.sampled = true;
    this.probability = Math.max(this.probability, sampledAt(span) ?? Number.NaN);
  }
}

/** The groups that wait for a decision, by age. */
export class WaitingGroups {
  oldest: TraceGroup | undefined;
  size = 0;
  private newest: TraceGroup | undefined;

  /** Adds the newest. */
  add(group: TraceGroup): void {
    group.older = this.newest;
    if (this.newest) this.newest.newer = group;
    else this.oldest = group;
    this.newest = group;
    this.size += 1;
  }

  /** Takes out one that is in. */
  remove(group: TraceGroup): void {
    const { older, newer } = group;
    if (older) older.newer = newer;
    else this.oldest = newer;
    if (newer) newer.older = older;
    else this.newest = older;
    group.older = undefined;
    group.newer = undefined;
    this.size -= 1;
  }
}

/** Whether a span has the flag. */
export function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

let lastState: TraceState | undefined;
let lastProbability: number | undefined;

/** The probability that a sampled span was sampled with; `undefined` where its tracestate does not tell. */
export function sampledAt({ traceState }: SpanContext): number | undefined {
  if (traceState === undefined) return undefined;
  // Spans of a trace share one, and so do all traces that begin here at a fixed ratio.
  if (traceState !== lastState) {
    const threshold = thresholdIn(traceState);
    lastProbability = threshold === undefined ? undefined : probabilityOf(threshold);
    lastState = traceState;
  }
  return lastProbability;
}

/** The group of a span is a private field of the span's context. */
class Member extends PrivateFields {
  #group: TraceGroup | undefined;

  static belong(span: SpanContext, group: TraceGroup): void {
    const member = #group in span ? span : (new Member(span) as object as Member & SpanContext);
    member.#group = group;
  }

  static groupOf(span: SpanContext): TraceGroup | undefined {
    return #group in span ? span.#group : undefined;
  }
}

/** Sets the group of a span, for good. Every object that has the same context stands for that span. */
export const belong = Member.belong;

/** The group that a span belongs to, if to any. */
export const groupOf = Member.groupOf;
