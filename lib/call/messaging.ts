import type { Attributes, Context, Link, Meter } from '@opentelemetry/api';
import { extractContext } from '../context/carriers.js';
import { outsideTrace } from '../context/own-trace.js';
import { counterOf, histogramOf } from './instruments.js';
import { ATTR_ERROR_TYPE, type MetricDefinition } from './names.js';
import type { Origin } from './operation.js';
import { linksTo } from './options.js';

// The names of the messaging conventions, https://opentelemetry.io/docs/specs/semconv/messaging/
export const ATTR_MESSAGING_SYSTEM = 'messaging.system';
export const ATTR_MESSAGING_OPERATION_TYPE = 'messaging.operation.type';
export const ATTR_MESSAGING_OPERATION_NAME = 'messaging.operation.name';
export const ATTR_MESSAGING_DESTINATION = 'messaging.destination.name';
export const ATTR_MESSAGING_CONSUMER_GROUP = 'messaging.consumer.group.name';
export const ATTR_MESSAGE_ID = 'messaging.message.id';
export const ATTR_MESSAGING_BATCH_SIZE = 'messaging.batch.message_count';
/** Type and name of the operation of who handles a message. */
export const PROCESS = 'process';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const PROCESS_DURATION = {
  name: 'messaging.process.duration',
  unit: 's',
  description: 'Duration of processing operation.',
  buckets: BUCKETS,
} as const satisfies MetricDefinition;
const CONSUMED_MESSAGES = {
  name: 'messaging.client.consumed.messages',
  unit: '{message}',
  description: 'Number of messages that were delivered to the application.',
} as const satisfies MetricDefinition;
const OPERATION_DURATION = {
  name: 'messaging.client.operation.duration',
  unit: 's',
  description: 'Duration of messaging operation initiated by a producer or consumer client.',
  buckets: BUCKETS,
} as const satisfies MetricDefinition;
const SENT_MESSAGES = {
  name: 'messaging.client.sent.messages',
  unit: '{message}',
  description: 'Number of messages producer attempted to send to the broker.',
} as const satisfies MetricDefinition;

const DIMENSIONS = [
  ATTR_MESSAGING_SYSTEM,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_DESTINATION,
  ATTR_MESSAGING_CONSUMER_GROUP,
  ATTR_ERROR_TYPE,
];

/** What the messaging conventions measure of a message, or a batch of them, that was handled. */
export function recordProcessed(meter: Meter, bag: Attributes, seconds: number, context: Context): void {
  const dimensions = dimensionsOf(bag, DIMENSIONS);
  histogramOf(meter, PROCESS_DURATION).record(seconds, dimensions, context);
  counterOf(meter, CONSUMED_MESSAGES).add(sizeOf(bag), dimensions, context);
}

/** As {@link recordProcessed}, of what was sent. */
export function recordSent(meter: Meter, bag: Attributes, seconds: number, context: Context): void {
  const dimensions = dimensionsOf(bag, DIMENSIONS);
  histogramOf(meter, OPERATION_DURATION).record(seconds, dimensions, context);
  counterOf(meter, SENT_MESSAGES).add(sizeOf(bag), dimensions, context);
}

/** What a bag has of some names. */
export function dimensionsOf(bag: Attributes, names: readonly string[]): Attributes {
  const dimensions: Attributes = {};
  for (const name of names) if (bag[name] !== undefined) dimensions[name] = bag[name];
  return dimensions;
}

function sizeOf(bag: Attributes): number {
  return Number(bag[ATTR_MESSAGING_BATCH_SIZE] ?? 1);
}

/**
 * Where the span of who handles a message stands: it belongs to the producer, of whom the headers tell, and is only linked to what
 * is running where the message is handled. A message has one producer, which may be its parent; a batch has many.
 *
 * @param context what is running where the message is handled
 * @param headers of the message, or a list with those of each of a batch
 */
export function originOfMessage(
  context: Context,
  headers: object | null | undefined | readonly (object | null | undefined)[],
): Origin {
  const outside = outsideTrace(context);
  const received = Array.isArray(headers) ? outside : headers ? extractContext(outside, headers) : outside;
  let links: readonly Link[] = linksTo([], received);
  if (Array.isArray(headers)) {
    for (const each of headers) if (each) links = linksTo(links, extractContext(outside, each));
  }
  return { context: received, links: linksTo(links, context) };
}
