import type { Attributes, Histogram } from '@opentelemetry/api';

/** What a histogram of SDK 3 is made of, as far as it is used here. None of it is public, so each part may be missing. */
interface Internals {
  readonly _writableMetricStorage?: Storage & { readonly _backingStorages?: readonly Storage[] };
}
interface Storage {
  /** Views that take attributes away, or add some. */
  readonly hasAttributeProcessor?: boolean;
  readonly _deltaMetricStorage?: {
    readonly _activeCollectionStorage?: { get?(attributes: Attributes): Series | undefined };
  };
}
interface Series {
  record?(value: number): void;
}

/**
 * Records many values of one series. For each `record` the SDK finds the series by serialising its attributes: a microsecond
 * a value, and garbage, where a stream has thousands of them. So the first value is recorded as usual, and the series that it
 * went to gets the others. With an SDK that is built otherwise, all of them are recorded as usual.
 */
export function recordAll(histogram: Histogram, values: ArrayLike<number>, attributes: Attributes): void {
  const first = values[0];
  if (first === undefined) return;
  histogram.record(first, attributes);
  const all = values.length > 1 ? seriesOf(histogram as Internals, attributes) : undefined;
  for (const series of all ?? [{ record: (value: number) => histogram.record(value, attributes) }]) {
    for (let index = 1; index < values.length; index++) series.record(values[index] as number);
  }
}

/** The series of all readers, `undefined` where one cannot be found. */
function seriesOf(
  { _writableMetricStorage: storage }: Internals,
  attributes: Attributes,
): Required<Series>[] | undefined {
  if (storage?.hasAttributeProcessor !== false) return undefined;
  const found: Required<Series>[] = [];
  for (const { _deltaMetricStorage: delta } of storage._backingStorages ?? [storage]) {
    const series = delta?._activeCollectionStorage?.get?.(attributes);
    if (typeof series?.record !== 'function') return undefined;
    found.push(series as Required<Series>);
  }
  return found;
}
