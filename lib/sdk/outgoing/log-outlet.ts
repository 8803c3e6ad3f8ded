import { context as api, type Context } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { requestContextAttributes } from '../../request-context.js';
import { safely } from '../../safely.js';
import type { Cleaner } from './cleaner.js';
import { OutgoingRecord } from './outgoing-record.js';

type ReadWriteLogRecord = Parameters<LogRecordProcessor['onEmit']>[0];

/**
 * The one processor of the logger provider, where every record passes: leaves out what is below the level of its logger,
 * gives the rest the request context, and hands it, cleaned, to whatever exports it.
 */
export class LogOutlet implements LogRecordProcessor {
  readonly #processors: readonly LogRecordProcessor[];
  readonly #cleaner: Cleaner;
  readonly #isWanted: (record: ReadWriteLogRecord) => boolean;

  /** @param isWanted whether a record has the severity that is asked of its logger */
  constructor(
    processors: readonly LogRecordProcessor[],
    cleaner: Cleaner,
    isWanted: (record: ReadWriteLogRecord) => boolean,
  ) {
    this.#processors = processors;
    this.#cleaner = cleaner;
    this.#isWanted = isWanted;
  }

  onEmit(record: ReadWriteLogRecord, context: Context = api.active()): void {
    if (safely('the level of a logger', () => this.#isWanted(record)) === false) return;
    safely('adding the request context to a log record', () => {
      const said = requestContextAttributes(context);
      for (const name in said) if (record.attributes[name] === undefined) record.setAttribute(name, said[name]);
    });
    const isConcerned = this.#cleaner.concerns(record.instrumentationScope.name);
    const outgoing = isConcerned ? new OutgoingRecord(record, this.#cleaner) : record;
    for (const processor of this.#processors) {
      safely('a log record processor', () => processor.onEmit(outgoing, context));
    }
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#processors.map(async (processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#processors.map(async (processor) => processor.shutdown()));
  }
}
