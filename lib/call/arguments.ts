const NOTHING: readonly unknown[] = [];
/** Calls that try again and again must not gather the arguments of all attempts. */
const MOST_FAILED = 32;

/**
 * The arguments of a call, for as long as an error of its may repeat them. A call whose result is read later may be in flight
 * for long, and must not be what keeps its arguments alive.
 */
export class CallArguments {
  /** Arguments of nested calls that have failed: errors are made of errors. */
  private failed: readonly unknown[] = NOTHING;
  private weakly: readonly unknown[] | undefined;

  constructor(private args: readonly unknown[] | undefined) {}

  /** One thing more, of which the method says that it passes it on. */
  add(value: unknown): void {
    if (this.args) this.args = [...this.args, value];
    else this.weakly = [...(this.weakly ?? []), held(value)];
  }

  /** From now on objects are held weakly; short texts stay. */
  loosen(): void {
    this.weakly ??= this.args?.map(held);
    this.args = undefined;
  }

  /** A call within this one has failed, and its error may come out of this one, too, in whatever words. */
  addFailed({ values }: CallArguments): void {
    if (values.length > 0) this.failed = [...this.failed, ...values.map(held)].slice(-MOST_FAILED);
  }

  /** What is still there of it. */
  get values(): readonly unknown[] {
    const own = this.args ?? this.weakly?.map(still) ?? NOTHING;
    return this.failed.length > 0 ? [...own, ...this.failed.map(still)] : own;
  }
}

function still(held: unknown): unknown {
  return held instanceof WeakRef ? held.deref() : held;
}

function held(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? new WeakRef(value) : value;
}
