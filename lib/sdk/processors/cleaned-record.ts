import type { AnyValue, Attributes, HrTime } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { Cleaner } from '../../privacy/cleaning/cleaner.js';

type ReadWriteLogRecord = Parameters<LogRecordProcessor['onEmit']>[0];

/**
 * A log record on its way out, cleaned when an exporter reads it. What processors of the app set is set on the record
 * itself, and cleaned like the rest.
 */
export class CleanedRecord implements ReadWriteLogRecord {
  readonly hrTime: HrTime;
  readonly #record: ReadWriteLogRecord;
  readonly #cleaner: Cleaner;
  #attributes: Attributes | undefined;
  // The body that was cleaned last, and what it became: a serialiser reads it twice.
  #body: AnyValue;
  #cleanedBody: AnyValue;

  /** @param hrTime when it was emitted, which may be finer than what the record itself says */
  constructor(record: ReadWriteLogRecord, cleaner: Cleaner, hrTime: HrTime) {
    this.hrTime = hrTime;
    this.#record = record;
    this.#cleaner = cleaner;
  }

  get attributes(): Attributes {
    this.#attributes ??= this.#cleaner.attributes(this.#record.attributes, this.#scope);
    return this.#attributes;
  }

  get body(): AnyValue {
    const { body } = this.#record;
    if (this.#body !== body) {
      this.#cleanedBody = this.#cleaner.body(body, this.#scope) as AnyValue;
      this.#body = body;
    }
    return this.#cleanedBody;
  }

  set body(body: AnyValue) {
    this.#record.body = body;
  }

  get hrTimeObserved() {
    return this.#record.hrTimeObserved;
  }

  get resource() {
    return this.#record.resource;
  }

  get instrumentationScope() {
    return this.#record.instrumentationScope;
  }

  get droppedAttributesCount() {
    return this.#record.droppedAttributesCount;
  }

  // The next four may be left out in the interface, which a getter cannot say.
  get spanContext() {
    return this.#record.spanContext as NonNullable<ReadWriteLogRecord['spanContext']>;
  }

  get severityText() {
    return this.#record.severityText as string;
  }

  get severityNumber() {
    return this.#record.severityNumber as NonNullable<ReadWriteLogRecord['severityNumber']>;
  }

  get eventName() {
    const { eventName } = this.#record;
    return (eventName && this.#cleaner.text(eventName, this.#scope)) as string;
  }

  setAttribute(key: string, value?: AnyValue): this {
    this.#record.setAttribute(key, value);
    this.#attributes = undefined;
    return this;
  }

  setAttributes(attributes: Attributes): this {
    this.#record.setAttributes(attributes);
    this.#attributes = undefined;
    return this;
  }

  setBody(body: AnyValue): this {
    this.#record.setBody(body);
    return this;
  }

  setEventName(eventName: string): this {
    this.#record.setEventName(eventName);
    return this;
  }

  setSeverityNumber(severity: Parameters<ReadWriteLogRecord['setSeverityNumber']>[0]): this {
    this.#record.setSeverityNumber(severity);
    return this;
  }

  setSeverityText(severity: string): this {
    this.#record.setSeverityText(severity);
    return this;
  }

  get #scope(): string {
    return this.#record.instrumentationScope.name;
  }
}
