import type { Signal } from './signal.js';

/** What became of the items of one signal on the way to one destination, since telemetry started. */
export interface Figures {
  readonly signal: Signal;
  /** Origin of the destination, such as `http://localhost:4318`. */
  readonly destination: string;
  /** Handed over for export, what an earlier process left in the spool included. */
  readonly taken: number;
  /** Accepted by the destination. */
  readonly exported: number;
  /** Kept on disk because the destination did not take them at once. Exported or dropped later, and counted there too. */
  readonly spooled: number;
  /** Lost: did not fit, refused, too old, or given up at the end. */
  readonly dropped: number;
  /** Neither exported nor dropped yet: `taken - exported - dropped`. */
  readonly held: number;
}
