import { type Attributes, type Context, context, type Meter, trace } from '@opentelemetry/api';
import { safely } from '../safely.js';
import { claimOf } from './claim.js';
import { isPartOf } from './foreign-spans.js';
import { METRICS } from './metric-definitions.js';
import { ATTR_GEN_AI_OPERATION_NAME } from './semconv.js';
import { StandInSpan } from './stand-in.js';

/*
 * The metrics of layers below a claim, for the same reason and by the same means as their spans (see `foreign-spans.ts`):
 * their instruments are made when they are loaded, so what is replaced is the method on the prototype that records.
 */

type Write = (this: object, value: number, attributes?: Attributes, given?: Context) => void;

/** Whatever the conventions measure of a call to a model begins so. */
const CLIENT_METRICS = METRICS.operationDuration.name.replace('operation.duration', '');

const patched = new WeakSet<object>();
/** What the instruments of the registered provider have in common, and those of other providers have not. */
let registered: unknown;
const ours = new WeakSet<object>();

/**
 * Lets the open claims absorb what other layers measure through instruments of this meter's provider, from now on.
 *
 * @returns the meter for annotel's own instruments, which measure as they are told
 */
export function absorbForeignMetrics(meter: Meter): Meter {
  return new Proxy(meter, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const made: unknown = Reflect.apply(member, target, args);
        const write = WRITES[key as string];
        if (write) safely('looking for foreign metrics', () => own(made as object, write));
        return made;
      };
    },
  });
}

/** By what an instrument is made, and how it is told. Counters are only made, and absorbed, where the latest names are. */
const WRITES: Record<string, 'record' | 'add'> = { createHistogram: 'record', createCounter: 'add' };

function own(instrument: object, write: 'record' | 'add'): void {
  ours.add(instrument);
  registered = providerOf(instrument) ?? registered;
  patch(instrument, write);
}

function patch(instrument: object, write: 'record' | 'add'): void {
  let owner: object | null = instrument;
  while (owner && !Object.hasOwn(owner, write)) owner = Object.getPrototypeOf(owner);
  if (!owner || patched.has(owner) || nameOf(instrument) === undefined) return;
  const original = (owner as Record<string, unknown>)[write] as Write;
  const replaced = Reflect.defineProperty(owner, write, {
    configurable: true,
    writable: true,
    enumerable: Object.prototype.propertyIsEnumerable.call(owner, write),
    value(this: object, value: number, attributes?: Attributes, given?: Context): void {
      const name = nameOf(this);
      if (!name?.startsWith(CLIENT_METRICS) || ours.has(this) || isElsewhere(this) || !isCounted(attributes, given)) {
        Reflect.apply(original, this, [value, attributes, given]);
      }
    },
  });
  if (replaced) patched.add(owner);
}

/** Whether a claim's holder measures the same. A layer whose span was stood in for may measure after the holder has ended. */
function isCounted(attributes: Attributes | undefined, given: Context | undefined): boolean {
  const covered = safely('absorbing a metric', () => {
    const operation = attributes?.[ATTR_GEN_AI_OPERATION_NAME];
    if (typeof operation !== 'string') return false;
    const active = given ?? context.active();
    if (trace.getSpan(active) instanceof StandInSpan) return true;
    return claimOf(active, (claimed) => isPartOf(operation, claimed)) !== undefined;
  });
  return covered === true;
}

/** Whether an instrument is of another provider than the one that was registered. */
function isElsewhere(instrument: object): boolean {
  const provider = safely('finding the provider of a metric', () => providerOf(instrument));
  return provider !== undefined && registered !== undefined && provider !== registered;
}

/** Parts of an SDK's instrument, of 2.x and 3.x, by which it knows the readers of its provider. */
interface Internals {
  readonly _writableMetricStorage?: Storage & { readonly _backingStorages?: readonly Storage[] };
}
interface Storage {
  readonly _temporalMetricStorage?: {
    readonly _unreportedAccumulations?: ReadonlyMap<{ readonly _sharedState?: unknown }, unknown>;
  };
}

function providerOf(instrument: object): unknown {
  const storage = (instrument as Internals)._writableMetricStorage;
  const { _temporalMetricStorage: byReader } = storage?._backingStorages?.[0] ?? storage ?? {};
  const [reader] = byReader?._unreportedAccumulations?.keys() ?? [];
  return reader?._sharedState;
}

/** The name of one of the SDK's instruments, of 2.x and 3.x. Of others nothing is known. */
function nameOf(instrument: object): string | undefined {
  const name = (instrument as { _descriptor?: { name?: unknown } })._descriptor?.name;
  return typeof name === 'string' ? name : undefined;
}
