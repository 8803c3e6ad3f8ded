import type { SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type KeepRules, type KeptBy, keepsAny } from './keep-rules.js';
import { noCounts, type SamplingCounters, type SamplingOutcome } from './sampling-metrics.js';
import { belong, groupOf, isSampled, sampledAt, type TraceDecision, TraceGroup, WaitingGroups } from './trace-group.js';

/** What was decided on a span that is passed on: it becomes attributes and tracestate of what is exported. */
export interface SpanDecision {
  /** How many traces this one stands for, where that is known and not 1. */
  readonly weight?: number;
  /** The threshold for its tracestate, where it may have another: `0` for what a rule kept, which was certain to be exported. */
  readonly threshold?: string;
  /** On the local root only: the rule that kept the trace. */
  readonly kept?: KeptBy;
  /** On the local root only: how many spans below it were left out so far. */
  readonly leftOut?: number;
  /** It is not exported; only processors of the app get it, marked as not sampled. */
  readonly isDropped?: boolean;
}

/** What may wait for a decision at once. */
export interface TailLimits {
  /** Most traces that wait. Default 5000. */
  readonly maxTraces?: number;
  /** Most spans of theirs, running ones included. Default 20 000. */
  readonly maxSpans?: number;
  /** Most spans of one trace: what starts beyond it is left out, with all below it. Default 10 000. */
  readonly maxSpansPerTrace?: number;
  /** Milliseconds after which a trace is decided as it stands; at least as long as it takes to be a slow one. Default 300 000. */
  readonly maxAge?: number;
}

export interface TailSamplerOptions extends TailLimits {
  readonly rules: KeepRules;
  /** Takes each span that is to be exported: at its end, or when its trace was decided. */
  deliver(span: ReadableSpan, decision: SpanDecision): void;
  /** Called for each ended span that is not to be exported. */
  drop?(span: ReadableSpan): void;
  /** Milliseconds, of a clock that is not set. */
  readonly now?: () => number;
}

const LIMITS: Required<TailLimits> = { maxTraces: 5000, maxSpans: 20_000, maxSpansPerTrace: 10_000, maxAge: 300_000 };
const SHORTEST_CHECK = 100;
const LONGEST_CHECK = 5000;
const UNWEIGHED: SpanDecision = Object.freeze({});

/**
 * Tail sampling within a process: keeps traces that failed, were slow or expensive. Where the sampler has not decided for certain,
 * the spans of a trace wait until the last of them in this process has ended, and are passed on all together or dropped. What is
 * sampled at a ratio of 1, or without a threshold in the tracestate, is passed on when it ends.
 */
export class TailSampler {
  private readonly watching: boolean;
  private readonly limits: Required<TailLimits>;
  private readonly maxAge: number;
  private readonly now: () => number;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly leftOut = new WeakSet<SpanContext>();
  private readonly waiting = new WaitingGroups();
  private waitingSpans = 0;
  private closed = false;
  private readonly traces = noCounts();
  private readonly spans = noCounts();
  private missed = 0;

  constructor(private readonly options: TailSamplerOptions) {
    const { rules, now } = options;
    this.limits = { ...LIMITS, ...options };
    this.now = now ?? (() => performance.now());
    this.watching = keepsAny(rules);
    this.maxAge = Math.max(this.limits.maxAge, (rules.slowerThan ?? 0) * 1.1);
    if (!this.watching) return;
    // Set here: a timer that is set in a request keeps the context of that request in memory.
    const period = Math.min(LONGEST_CHECK, Math.max(SHORTEST_CHECK, this.maxAge / 4));
    this.timer = setInterval(() => this.decideAged(), period).unref();
  }

  /** To be called at the start of each recording span. */
  onStart(span: ReadableSpan): void {
    if (!this.watching) return;
    const parent = span.parentSpanContext;
    const group = parent && groupOf(parent);
    if (group) this.join(group, span.spanContext(), parent);
    else if (!this.closed) this.open(span.spanContext());
  }

  /** To be called at the end of each recording span. */
  onEnd(span: ReadableSpan): void {
    const context = span.spanContext();
    const group = groupOf(context);
    if (!group) return this.pass(span, context);
    const isLeftOut = group.leftOut > 0 && this.leftOut.has(context);
    group.summary.add(span, context === group.root);
    if (group.decision) return this.follow(group, group.decision, span, isLeftOut);
    group.running -= 1;
    if (context === group.root) group.rootEnded = true;
    if (isLeftOut) this.leaveOut(span);
    else group.ended.push(span);
    if (group.running === 0) this.decide(group, 'unsampled');
  }

  /** Decides what is due. Traces with running spans go on waiting. */
  flush(): void {
    this.decideAged();
  }

  /** Decides everything as it stands; from now on nothing waits. Idempotent. */
  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    while (this.waiting.oldest) this.decide(this.waiting.oldest, 'too_old');
  }

  /** What was kept and dropped so far. */
  counters(): SamplingCounters {
    const waiting = { traces: this.waiting.size, spans: this.waitingSpans };
    return { traces: { ...this.traces }, spans: { ...this.spans }, missed: this.missed, waiting };
  }

  private open(root: SpanContext): void {
    if (isSampled(root)) {
      const probability = sampledAt(root);
      if (probability === undefined || probability === 1) return;
    }
    this.decideAged();
    if (this.waiting.size >= this.limits.maxTraces) this.decideOldest();
    this.makeRoom();
    const group = new TraceGroup(root, this.now());
    this.waiting.add(group);
    this.enter(group, root);
  }

  private join(group: TraceGroup, span: SpanContext, parent: SpanContext | undefined): void {
    if (!group.decision) this.makeRoom();
    const isBelowLeftOut = group.leftOut > 0 && parent !== undefined && this.leftOut.has(parent);
    if (isBelowLeftOut || (!group.decision && group.started >= this.limits.maxSpansPerTrace)) {
      group.leftOut += 1;
      group.running += 1;
      this.leftOut.add(span);
      belong(span, group);
    } else if (group.decision) belong(span, group);
    else this.enter(group, span);
  }

  private enter(group: TraceGroup, span: SpanContext): void {
    group.join(span);
    group.running += 1;
    this.waitingSpans += 1;
    belong(span, group);
  }

  /** A span of no group: sampled for certain, or started when nothing is kept but what is sampled. */
  private pass(span: ReadableSpan, context: SpanContext): void {
    const outcome = isSampled(context) ? 'sampled' : 'unsampled';
    this.spans[outcome] += 1;
    const parent = span.parentSpanContext;
    if (!parent || parent.isRemote) this.traces[outcome] += 1;
    if (outcome === 'unsampled') return this.options.drop?.(span);
    const probability = sampledAt(context);
    this.options.deliver(span, probability === undefined ? UNWEIGHED : weighed(1 / probability));
  }

  private decideAged(): void {
    const { oldest } = this.waiting;
    if (!oldest) return;
    const due = this.now() - this.maxAge;
    for (let group: TraceGroup | undefined = oldest; group && group.openedAt <= due; group = this.waiting.oldest) {
      this.decide(group, 'too_old');
    }
  }

  /** Ends: each group that is decided has at least one span. */
  private makeRoom(): void {
    while (this.waitingSpans >= this.limits.maxSpans && this.waiting.oldest) this.decideOldest();
  }

  private decideOldest(): void {
    if (this.waiting.oldest) this.decide(this.waiting.oldest, 'no_room');
  }

  /** @param otherwise the outcome where neither a rule nor the sampler keeps it */
  private decide(group: TraceGroup, otherwise: SamplingOutcome): void {
    const decision = this.decisionOn(group, otherwise);
    const { ended } = group;
    group.decision = decision;
    group.ended = [];
    this.waiting.remove(group);
    this.waitingSpans -= group.started;
    this.traces[decision.outcome] += 1;
    this.spans[decision.outcome] += ended.length;
    for (const span of ended) {
      if (decision.isDelivered) this.deliver(group, decision, span);
      else this.options.drop?.(span);
    }
  }

  private decisionOn(group: TraceGroup, otherwise: SamplingOutcome): TraceDecision {
    const running = group.rootEnded ? 0 : this.now() - group.openedAt;
    const kept = group.summary.meets(this.options.rules, running);
    // Kept whatever the sampler says: such a trace stands for itself alone.
    if (kept) return { outcome: kept, isDelivered: true, kept };
    if (group.isSampled) return { outcome: 'sampled', isDelivered: true, weight: group.weight };
    return { outcome: otherwise, isDelivered: false };
  }

  /** A span that ends after the decision. */
  private follow(group: TraceGroup, decision: TraceDecision, span: ReadableSpan, isLeftOut: boolean): void {
    if (!decision.isDelivered && !group.missed && group.summary.meets(this.options.rules)) {
      group.missed = true;
      this.missed += 1;
    }
    if (isLeftOut) return this.leaveOut(span);
    this.spans[decision.outcome] += 1;
    if (decision.isDelivered) this.deliver(group, decision, span);
    else this.options.drop?.(span);
  }

  private leaveOut(span: ReadableSpan): void {
    this.spans.no_room += 1;
    this.options.drop?.(span);
  }

  private deliver({ root, leftOut }: TraceGroup, { weight, kept }: TraceDecision, span: ReadableSpan): void {
    const decision: SpanDecision = kept ? { threshold: '0' } : weighed(weight);
    if (span.spanContext() !== root) this.options.deliver(span, decision);
    else this.options.deliver(span, { ...decision, ...(kept && { kept }), ...(leftOut > 0 && { leftOut }) });
  }
}

function weighed(weight: number | undefined): SpanDecision {
  return weight === undefined || weight === 1 ? UNWEIGHED : { weight };
}
