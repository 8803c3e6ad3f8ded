import type { Attributes, Context, Meter } from '@opentelemetry/api';
import { context, trace } from '../../otel.js';
import { safely } from '../../safely.js';
import { METRICS } from '../metric-definitions.js';
import { ATTR_GEN_AI_OPERATION_NAME } from '../semconv.js';
import { AbsorbedSpan } from './absorbed-span.js';
import { isPartOf } from './foreign-spans.js';
import { ownerOf } from './owner.js';
import { nameOfInstrument, providerOfInstrument, replaceMethod } from './sdk-internals.js';

/*
 * The metrics of layers below an owner, for the same reason and by the same means as their spans (see `foreign-spans.ts`):
 * their instruments are made when they are loaded, so what is replaced is the method on the prototype that records.
 */

type Write = (this: object, value: number, attributes?: Attributes, explicit?: Context) => void;

/** Whatever the conventions measure of a call to a model begins so. */
const CLIENT_METRICS = METRICS.operationDuration.name.replace('operation.duration', '');

/** What the instruments of the registered provider have in common, and those of other providers have not. */
let registered: unknown;
const ours = new WeakSet<object>();

/**
 * Lets owners absorb what other layers measure through instruments of this meter's provider, from now on.
 *
 * @returns the meter for annotel's own instruments, which record what they get
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

/** The method that makes an instrument, and the one that records. Counters are only made, and absorbed, where the latest names are. */
const WRITES: Record<string, 'record' | 'add'> = { createHistogram: 'record', createCounter: 'add' };

function own(instrument: object, write: 'record' | 'add'): void {
  ours.add(instrument);
  registered = providerOfInstrument(instrument) ?? registered;
  if (nameOfInstrument(instrument) !== undefined) replaceMethod(instrument, write, absorbing);
}

function absorbing(original: Write): Write {
  return function write(value, attributes, explicit): void {
    const name = nameOfInstrument(this);
    if (!name?.startsWith(CLIENT_METRICS) || ours.has(this) || isElsewhere(this) || !isCounted(attributes, explicit)) {
      Reflect.apply(original, this, [value, attributes, explicit]);
    }
  };
}

/** Whether an owner measures the same. A layer whose span was absorbed may measure after the owner has ended. */
function isCounted(attributes: Attributes | undefined, explicit: Context | undefined): boolean {
  const covered = safely('absorbing a metric', () => {
    const operation = attributes?.[ATTR_GEN_AI_OPERATION_NAME];
    if (typeof operation !== 'string') return false;
    const active = explicit ?? context.active();
    if (trace.getSpan(active) instanceof AbsorbedSpan) return true;
    return ownerOf(active, (owned) => isPartOf(operation, owned)) !== undefined;
  });
  return covered === true;
}

/** Whether an instrument is of another provider than the one that was registered. */
function isElsewhere(instrument: object): boolean {
  const provider = safely('finding the provider of a metric', () => providerOfInstrument(instrument));
  return provider !== undefined && registered !== undefined && provider !== registered;
}
