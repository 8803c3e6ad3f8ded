import type { Tracer } from '@opentelemetry/api';

/*
 * All that annotel's signals know of the inside of an OpenTelemetry SDK: what absorbing the spans and metrics of other layers
 * takes, for which there is no public way. A sampler and a span processor are asked when a span exists already, with an id that
 * its children are given; a provider around the registered one is not seen by tracers and instruments made before it; and
 * neither a tracer nor an instrument says whose it is, nor an instrument what it is called.
 *
 * Written for the SDKs 2.x and 3.x; `sdk-internals.test.ts` fails when either moves. Where an SDK is built otherwise, a method
 * that cannot be replaced stays, metrics whose name cannot be told are recorded as they are without annotel, and whatever does
 * not tell its provider is taken for the registered one's.
 */

// biome-ignore lint/suspicious/noExplicitAny: a method of any signature is replaced
type Method = (this: any, ...args: any[]) => any;

const replaced = new WeakMap<object, Set<string>>();

/** Replaces a method, once, for all objects that have it from the same prototype as `instance`, or on `instance` alone. */
export function replaceMethod<M extends Method>(instance: object, name: string, replacement: (original: M) => M): void {
  let owner: object | null = instance;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  if (!owner || replaced.get(owner)?.has(name)) return;
  const done = Reflect.defineProperty(owner, name, {
    configurable: true,
    writable: true,
    enumerable: Object.prototype.propertyIsEnumerable.call(owner, name),
    value: replacement((owner as Record<string, M>)[name] as M),
  });
  if (done) replaced.set(owner, (replaced.get(owner) ?? new Set()).add(name));
}

/**
 * What the tracers of one provider have in common: its span processor. Tracers of 1.x and of dd-trace know the provider itself.
 */
export function providerOfTracer(tracer: Tracer): unknown {
  const { _spanProcessor, _tracerProvider } = tracer as { _spanProcessor?: unknown; _tracerProvider?: unknown };
  return _spanProcessor ?? _tracerProvider;
}

interface Instrument {
  readonly _descriptor?: { readonly name?: unknown };
  readonly _writableMetricStorage?: Storage & { readonly _backingStorages?: readonly Storage[] };
}
interface Storage {
  readonly _temporalMetricStorage?: {
    readonly _unreportedAccumulations?: ReadonlyMap<{ readonly _sharedState?: unknown }, unknown>;
  };
}

/** What the instruments of one provider have in common: the state that its readers share. */
export function providerOfInstrument(instrument: object): unknown {
  const storage = (instrument as Instrument)._writableMetricStorage;
  const { _temporalMetricStorage: byReader } = storage?._backingStorages?.[0] ?? storage ?? {};
  const [reader] = byReader?._unreportedAccumulations?.keys() ?? [];
  return reader?._sharedState;
}

export function nameOfInstrument(instrument: object): string | undefined {
  const name = (instrument as Instrument)._descriptor?.name;
  return typeof name === 'string' ? name : undefined;
}
