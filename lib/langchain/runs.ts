import type { Context } from '@opentelemetry/api';
import { type Activity, type Pending, unwatch, watch } from '../call/abandoned.js';
import { CallInFlight } from '../call/call.js';
import type { Operation } from '../call/operation.js';
import { activeSignals } from '../call/signals.js';
import { ATTR_GEN_AI_CONVERSATION_ID } from '../genai/semconv.js';
import { context, createContextKey } from '../otel.js';
import { carryContext } from './context.js';

/** A run as a callback describes it. */
export interface RunStart {
  readonly id: string;
  readonly parentId: string | undefined;
  /** An object that LangChain holds for as long as it can still report on the run: its tags. */
  readonly lease: object | undefined;
  /** The thread of a conversation, which LangGraph keeps under an id of the app's. */
  readonly threadId: string | undefined;
}

/** What is observed of a run, and how. */
export interface Observed {
  readonly operation: Operation;
  readonly method: string;
  readonly args: readonly unknown[];
}

const RUN = createContextKey('annotel.langchain.run');

/** Runs in flight by id, of all handlers and all copies of the package: a run that two of them see is observed once. */
const RUNS = Symbol.for('annotel.langchain.runs');
const holder = globalThis as { [RUNS]?: Map<string, Run> };
holder[RUNS] ??= new Map();
const runs = holder[RUNS];

/**
 * A run in flight. One that is not observed passes its parent's context on to its children. A run that LangChain never ends,
 * such as a stream that its reader leaves, is abandoned once nobody can end it any more.
 */
export class Run implements Pending {
  private readonly children = new Set<Run>();
  /** Whether this run, or one below it, hands its result out piece by piece. */
  private streamed = false;
  private touched = performance.now();

  /** @param standIn what is held in place of a lease that is not known; then only idleness ends the run */
  constructor(
    private readonly id: string,
    readonly context: Context,
    readonly observation: CallInFlight | undefined,
    private readonly parent: Run | undefined,
    private readonly ownLease: object | undefined,
  ) {
    parent?.children.add(this);
  }

  /** A piece of a streamed result has come. */
  item(chunk: unknown): void {
    this.observation?.item(chunk);
    this.touched = performance.now();
    if (!this.streamed) for (let run: Run | undefined = this; run; run = run.parent) run.streamed = true;
  }

  leave(): void {
    runs.delete(this.id);
    unwatch(this);
    const { parent } = this;
    parent?.children.delete(this);
    if (parent) parent.touched = Math.max(parent.touched, this.lastActivity);
  }

  /** A stream's reader may pause for ever; whatever else runs is waited for. */
  get activity(): Activity {
    return { waiting: this.isWaiting ? 1 : 0 };
  }

  private get isWaiting(): boolean {
    for (const child of this.children) if (child.isWaiting) return true;
    return this.children.size === 0 && !this.streamed && !this.ownLease;
  }

  get lastActivity(): number {
    let latest = this.touched;
    for (const child of this.children) latest = Math.max(latest, child.lastActivity);
    return latest;
  }

  abandon(): void {
    const { observation, lastActivity } = this;
    this.leave();
    if (!observation) return;
    observation.lastActivity = lastActivity;
    observation.abandon();
  }
}

/**
 * Takes a run up, where anybody listens.
 *
 * @param observe what is observed of a run that starts in this context; `undefined` for one that is only passed through
 */
export function startRun(
  start: RunStart,
  observe: (parent: Context, isRoot: boolean) => Observed | undefined,
): Run | undefined {
  const signals = activeSignals();
  if (!signals || runs.has(start.id)) return undefined;
  const parent = start.parentId === undefined ? undefined : runs.get(start.parentId);
  const outer = contextFor(start.parentId) ?? context.active();
  const observed = observe(outer, !parent);
  const inner = outer.setValue(RUN, start.id);
  const observation =
    observed &&
    new CallInFlight(observed.operation, signals, {
      method: observed.method,
      calledAs: observed.method,
      args: observed.args,
      context: inner,
    });
  if (start.threadId !== undefined) observation?.add({ [ATTR_GEN_AI_CONVERSATION_ID]: start.threadId });
  const ownLease = {};
  const lease = start.lease ?? ownLease;
  const run = new Run(start.id, observation?.context ?? inner, observation, parent, start.lease ? undefined : ownLease);
  runs.set(start.id, run);
  watch(run, lease);
  carryContext(contextFor);
  return run;
}

/** Ends a run, in whichever way; does nothing where it is not known, or has ended. */
export function endRun(id: string, end: (observation: CallInFlight) => void): void {
  const run = runs.get(id);
  if (!run) return;
  run.leave();
  if (run.observation) end(run.observation);
}

export function runOf(id: string): Run | undefined {
  return runs.get(id);
}

/** The context that what belongs to a run starts in: the active one, where it is the run's or was made of it. */
function contextFor(runId: string | undefined): Context | undefined {
  const run = runId === undefined ? undefined : runs.get(runId);
  if (!run) return undefined;
  const active = context.active();
  return active.getValue(RUN) === runId ? active : run.context;
}
