/**
 * What a call was given, for as long as an error of its may repeat it. A call whose result is read later may be in flight
 * for long, and must not be what keeps its arguments alive.
 */
export class Given {
  private weakly: readonly unknown[] | undefined;

  constructor(private args: readonly unknown[] | undefined) {}

  /** From now on objects are held weakly; short texts stay. */
  loosen(): void {
    this.weakly ??= this.args?.map((argument) =>
      typeof argument === 'object' && argument !== null ? new WeakRef(argument) : argument,
    );
    this.args = undefined;
  }

  /** What is still there of it. */
  get values(): readonly unknown[] {
    return this.args ?? this.weakly?.map((held) => (held instanceof WeakRef ? held.deref() : held)) ?? [];
  }
}
