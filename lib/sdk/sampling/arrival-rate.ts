/**
 * How many events arrive in a second, seen through three windows. The longest one is steady, and is believed as long as it
 * does not contradict a shorter one by more than chance explains: those see a burst after some ten events, and its end.
 */
export class ArrivalRate {
  private readonly windows: readonly number[];
  private readonly counts: number[];
  private last: number | undefined;

  /** @param window seconds of the longest window; the others are an eighth of it each */
  constructor(window: number) {
    this.windows = [window, window / 8, window / 64];
    this.counts = this.windows.map(() => 0);
  }

  /**
   * Counts an event.
   *
   * @param now seconds, of any clock; one that goes backwards stands still
   * @returns events per second, this one included
   */
  arrived(now: number): number {
    const passed = this.last === undefined ? 0 : Math.max(0, now - this.last);
    this.last = Math.max(now, this.last ?? now);
    let rate = 0;
    let least = 0;
    for (let index = 0; index < this.windows.length; index += 1) {
      const window = this.windows[index] as number;
      const count = (this.counts[index] as number) * Math.exp(-passed / window) + 1;
      this.counts[index] = count;
      if (index === 0) {
        rate = count / window;
        continue;
      }
      // Nearly three times the standard deviation of such a count, and some more for small ones.
      const chance = 2 * Math.sqrt(count) + 2;
      rate = Math.min(rate, (count + chance) / window);
      least = Math.max(least, (count - chance) / window);
    }
    return Math.max(rate, least);
  }
}
