import { MemoryBacklog, type Room } from '../../lib/sdk/delivery/backlog.js';
import { Courier } from '../../lib/sdk/delivery/courier.js';
import { Destination } from '../../lib/sdk/delivery/destination.js';
import type { Encoding } from '../../lib/sdk/delivery/encoding.js';
import type { Route } from '../../lib/sdk/delivery/route.js';
import { Tally } from '../../lib/sdk/delivery/tally.js';
import type { Answer, Transport } from '../../lib/sdk/delivery/transport.js';

/** Batches are lists of words; parcels are these words as JSON. */
export const words: Encoding<string[]> = {
  contentType: 'application/json',
  count: (batch) => batch.length,
  pack(batch) {
    if (batch.includes('broken')) throw new Error('cannot be written');
    return { items: batch.length, body: Buffer.from(JSON.stringify(batch)) };
  },
  split: (batch) =>
    [batch.slice(0, batch.length / 2), batch.slice(batch.length / 2)].filter(({ length }) => length > 0),
  rejected(answer) {
    return answer === undefined ? undefined : JSON.parse(Buffer.from(answer).toString());
  },
};

export const taken: Answer = { status: 'success' };
export const away: Answer = { status: 'retryable', error: new Error('HTTP 503') };
export const refused: Answer = { status: 'failure', error: new Error('HTTP 400') };

/** A destination that answers as it is told, or when it is told. */
export class Far implements Transport {
  readonly sent: string[][] = [];
  answer: Answer | ((batch: string[]) => Answer | Promise<Answer>) = taken;
  isAbandoned = false;
  isShut = false;

  async send(body: Uint8Array): Promise<Answer> {
    const batch: string[] = JSON.parse(Buffer.from(body).toString());
    this.sent.push(batch);
    return typeof this.answer === 'function' ? this.answer(batch) : this.answer;
  }

  address() {
    return { protocol: 'http' as const, url: 'http://far/v1/traces', headers: { 'x-key': 'secret' } };
  }

  abandon(): void {
    this.isAbandoned = true;
  }

  shutdown(): void {
    this.isShut = true;
  }

  /** Takes every batch, and answers when its turn comes. */
  holds(): { answer: (answer: Answer) => void }[] {
    const held: { answer: (answer: Answer) => void }[] = [];
    this.answer = () => new Promise((resolve) => held.push({ answer: resolve }));
    return held;
  }
}

export interface Line {
  courier: Courier<string[]>;
  far: Far;
  destination: Destination;
}

/** A courier of words with everything that it needs. */
export function line(route: Partial<Route<string[]>> & { room?: Room } = {}): Line {
  const far = (route.transport as Far | undefined) ?? new Far();
  const destination = route.destination ?? new Destination('http://far', 'held');
  const courier = new Courier({
    signal: 'traces',
    destination,
    encoding: words,
    transport: far,
    backlog: new MemoryBacklog(route.room ?? { items: 1000, bytes: 1e6 }),
    tally: new Tally('traces', 'http://far'),
    timeout: 1000,
    ...route,
  });
  return { courier, far, destination };
}
