import type { AttemptResult, Sender } from '../../lib/sdk/export/attempt-result.js';
import { MemoryBacklog, type Room } from '../../lib/sdk/export/backlog.js';
import { Destination } from '../../lib/sdk/export/destination.js';
import { ExportQueue, type Route } from '../../lib/sdk/export/export-queue.js';
import type { Encoded } from '../../lib/sdk/export/otlp.js';
import type { Batches } from '../../lib/sdk/export/signal.js';

/** Batches are lists of words. */
export const words: Batches<string[]> = {
  count: (batch) => batch.length,
  weigh: (batch) => JSON.stringify(batch).length,
  halve: (batch) =>
    [batch.slice(0, batch.length / 2), batch.slice(batch.length / 2)].filter(({ length }) => length > 0),
};

/** Words as they are kept on disk; `broken` is one that cannot be written. */
export function asJson(batch: string[]): Encoded {
  if (batch.includes('broken')) throw new Error('cannot be written');
  return { body: Buffer.from(JSON.stringify(batch)), contentType: 'application/json' };
}

export const accepted: AttemptResult = { status: 'accepted' };
export const away: AttemptResult = { status: 'retryable', error: new Error('HTTP 503') };
export const refused: AttemptResult = { status: 'refused', error: new Error('HTTP 400') };

/** A destination that answers as it is told, or when it is told. */
export class Far implements Sender<string[] | Encoded> {
  readonly sent: string[][] = [];
  answer: AttemptResult | ((batch: string[]) => AttemptResult | Promise<AttemptResult>) = accepted;
  isAbandoned = false;
  isShut = false;

  async send(content: string[] | Encoded): Promise<AttemptResult> {
    const batch: string[] = Array.isArray(content) ? content : JSON.parse(Buffer.from(content.body).toString());
    this.sent.push(batch);
    return typeof this.answer === 'function' ? this.answer(batch) : this.answer;
  }

  abandon(): void {
    this.isAbandoned = true;
  }

  shutdown(): void {
    this.isShut = true;
  }

  /** Takes every batch, and answers when its turn comes. */
  holds(): { answer: (answer: AttemptResult) => void }[] {
    const held: { answer: (answer: AttemptResult) => void }[] = [];
    this.answer = () => new Promise((resolve) => held.push({ answer: resolve }));
    return held;
  }
}

export interface Line {
  queue: ExportQueue<string[]>;
  far: Far;
  destination: Destination;
}

/** A queue of words with everything that it needs. */
export function line(route: Partial<Route<string[]>> & { room?: Room } = {}): Line {
  const far = (route.sender as Far | undefined) ?? new Far();
  const destination = route.destination ?? new Destination('http://far', 'held');
  const queue = new ExportQueue<string[]>({
    signal: 'traces',
    destination,
    batches: words,
    backlog: new MemoryBacklog(route.room ?? { items: 1000, bytes: 1e6 }, words, asJson),
    target: { protocol: 'http/json', url: 'http://far/v1/traces' },
    ...route,
    sender: far as Sender<unknown>,
  });
  return { queue, far, destination };
}
