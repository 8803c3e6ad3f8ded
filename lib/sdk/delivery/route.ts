import type { Backlog } from './backlog.js';
import type { Destination } from './destination.js';
import type { Encoding } from './encoding.js';
import type { Signal } from './parcel.js';
import type { Tally } from './tally.js';
import type { Transport } from './transport.js';

/** How one signal gets to one destination. */
export interface Route<Batch> {
  readonly signal: Signal;
  readonly destination: Destination;
  readonly encoding: Encoding<Batch>;
  readonly transport: Transport;
  readonly backlog: Backlog;
  readonly tally: Tally;
  /** Milliseconds that one attempt may take. */
  readonly timeout: number;
  /** Milliseconds of the first pause after a failed attempt. Default 1000. */
  readonly firstPause?: number | undefined;
}
