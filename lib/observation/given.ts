/**
 * What a call was given, for as long as an error of its may repeat it. A call whose result is read later may be in flight
 * for long, and must not be what keeps its arguments alive.
 */
export class Given {
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

  /** What is still there of it. */
  get values(): readonly unknown[] {
    return this.args ?? this.weakly?.map((held) => (held instanceof WeakRef ? held.deref() : held)) ?? [];
  }
}

function held(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? new WeakRef(value) : value;
}
