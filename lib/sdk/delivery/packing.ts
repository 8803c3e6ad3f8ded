import type { Encoding } from './encoding.js';
import type { Parcel } from './parcel.js';

/** A little less than the 4 MiB that gRPC servers take by default, the Collector's among them. */
const LARGEST = 4_000_000;

/** What became of a batch. */
export interface Packed {
  readonly parcels: Parcel[];
  /** Items that cannot be written, and why. */
  broken: number;
  error: unknown;
}

/**
 * A batch as parcels that a destination takes: one that is too large for it is split, as far as items go. So is one that
 * cannot be written, so that only the item whose fault it is gets lost. Never throws.
 */
export function packed<Batch>(encoding: Encoding<Batch>, batch: Batch): Packed {
  const result: Packed = { parcels: [], broken: 0, error: undefined };
  add(encoding, batch, result);
  return result;
}

function add<Batch>(encoding: Encoding<Batch>, batch: Batch, result: Packed): void {
  let parcel: Parcel | undefined;
  let parts = 2;
  try {
    parcel = encoding.pack(batch);
    parts = Math.ceil(parcel.body.byteLength / LARGEST);
  } catch (error) {
    result.error = error;
  }
  const split = parts > 1 ? encoding.split(batch, parts) : [];
  if (split.length > 1) for (const part of split) add(encoding, part, result);
  else if (parcel !== undefined) result.parcels.push(parcel);
  else result.broken += encoding.count(batch);
}
