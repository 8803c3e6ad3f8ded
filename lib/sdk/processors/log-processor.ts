import { context as api, type Context, type HrTime } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { requestContextAttributes } from '../../context/request-context.js';
import type { Cleaner } from '../../privacy/cleaning/cleaner.js';
import { safely } from '../../safely.js';
import { CleanedRecord } from './cleaned-record.js';

type ReadWriteLogRecord = Parameters<LogRecordProcessor['onEmit']>[0];

/**
 * The one processor of the logger provider, where every record passes: leaves out what is below the level of its logger,
 * gives the rest the request context, and hands it, cleaned, to whatever exports it.
 */
export class OutgoingLogProcessor implements LogRecordProcessor {
  readonly #processors: readonly LogRecordProcessor[];
  readonly #cleaner: Cleaner;
  readonly #isWanted: (record: ReadWriteLogRecord) => boolean;
  // Of the last record: its time, and how many of the same millisecond came before it.
  #millisecond = 0;
  #behind = 0;

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
    const hrTime = safely('the order of log records', () => this.#ordered(record.hrTime), record.hrTime);
    safely('adding the request context to a log record', () => {
      const attributes = requestContextAttributes(context);
      for (const name in attributes) {
        if (record.attributes[name] === undefined) record.setAttribute(name, attributes[name]);
      }
    });
    const isChanged = hrTime !== record.hrTime || this.#cleaner.concerns(record.instrumentationScope.name);
    const outgoing = isChanged ? new CleanedRecord(record, this.#cleaner, hrTime) : record;
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

  /**
   * The SDK stamps records with whole milliseconds. Those of one millisecond get a microsecond each, or back ends that sort
   * by time would shuffle them, and viewers that know a record by its time would take them for one. The record itself keeps
   * the time that the SDK gave it.
   */
  #ordered(time: HrTime): HrTime {
    const [seconds, nanoseconds] = time;
    if (nanoseconds % 1e6 !== 0) return time;
    const millisecond = seconds * 1e3 + nanoseconds / 1e6;
    this.#behind = millisecond === this.#millisecond ? Math.min(this.#behind + 1, 999) : 0;
    this.#millisecond = millisecond;
    return this.#behind === 0 ? time : [seconds, nanoseconds + this.#behind * 1e3];
  }
}
