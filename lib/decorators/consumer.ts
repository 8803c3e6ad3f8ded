import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_MESSAGE_ID,
  ATTR_MESSAGING_BATCH_SIZE,
  ATTR_MESSAGING_CONSUMER_GROUP,
  ATTR_MESSAGING_DESTINATION,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
  originOfMessage,
  PROCESS,
  recordProcessed,
} from '../call/messaging.js';
import type { Operation } from '../call/operation.js';
import {
  ask,
  COMMON_OPTIONS,
  type CommonOptions,
  DEFAULT_LOG_POLICY,
  type OptionNames,
  withOptions,
} from '../call/options.js';
import { SpanKind } from '../otel.js';
import { type DecoratorFor, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** The headers of a message: texts, bytes (`Buffer`), or lists of either by name; nothing where it has none. */
export type Carrier = object | null | undefined;

/** Options of {@link Consumer}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface ConsumerOptions<A extends unknown[] = any[], V = any> extends CommonOptions<A, V> {
  /** `messaging.system`, such as `kafka`, `rabbitmq`, `aws_sqs` or `bullmq`. */
  system: string;
  /** `messaging.destination.name`: the queue or topic. A dimension of metrics, and so low in cardinality. */
  destination: string | ((...args: A) => string);
  /**
   * Where the producer's context stands: the headers of the message. The call is a child of the producer's span, or with
   * `root: true` a trace of its own; it is linked to that span in either case. For a batch, a list with the headers of each
   * message: a trace of its own, linked to each producer.
   */
  carrier?: (...args: A) => Carrier | readonly Carrier[];
  /** `messaging.message.id`. */
  messageId?: (...args: A) => string | undefined;
  /** `messaging.consumer.group.name`. */
  consumerGroup?: string;
}

const OPTIONS: OptionNames<ConsumerOptions> = {
  ...COMMON_OPTIONS,
  system: true,
  destination: true,
  carrier: true,
  messageId: true,
  consumerGroup: true,
};

/**
 * The handler of a message or of a job. It belongs to whoever sent the message, and not to what is running where it is called: to
 * that, a poll or a request that started the loop, its span is only linked. Without a producer, of which `carrier` tells, each
 * call is a trace of its own.
 *
 * Request context and baggage of the message are taken over where its headers come by a trusted host (`carrierVia`); otherwise,
 * and for batches, the request context is that around the call.
 *
 * Span: `process {destination}`, kind CONSUMER; metrics `messaging.process.duration` and `messaging.client.consumed.messages`
 * (messaging conventions, https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/). Where an instrumentation of
 * the broker's client makes such a span already, `@Traced()` makes one below it.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function, has an unknown option, or lacks `system`
 *   or `destination`
 *
 * @example
 * ```ts
 * class Thumbnails {
 *   @Consumer({ system: 'bullmq', destination: 'thumbnails', carrier: (job: Job) => job.data.headers })
 *   async process(job: Job): Promise<void> {
 *     await this.resize(job.data.image);
 *   }
 * }
 *
 * await queue.add('resize', { image, headers: injectContext() });
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function Consumer<A extends unknown[] = any[], V = any>(options: ConsumerOptions<A, V>): DecoratorFor<A, V> {
  if (!isOptions(options))
    throw wrongOptions('Consumer', "@Consumer({ system: 'kafka', destination: 'orders' })", options);
  const operation = withOptions(consumer(options), options);
  const required = ['system', 'destination'];
  return observingDecorator({ decorator: 'Consumer', options, known: OPTIONS, required }, operation);
}

/** The operation of a handler of messages. */
function consumer({ system, destination, carrier, messageId, consumerGroup }: ConsumerOptions): Operation {
  return {
    kind: SpanKind.CONSUMER,
    log: DEFAULT_LOG_POLICY,
    type: PROCESS,
    label: typeof destination === 'string' ? destination : undefined,
    origin(call) {
      const carriers = carrier && ask('the carrier callback', () => carrier(...call.args));
      call.memo = Array.isArray(carriers) ? carriers.length : undefined;
      return originOfMessage(call.context, carriers);
    },
    name: (_call, bag) =>
      bag[ATTR_MESSAGING_DESTINATION] === undefined ? PROCESS : `${PROCESS} ${bag[ATTR_MESSAGING_DESTINATION]}`,
    onStart({ args, memo }) {
      const bag: Attributes = {
        [ATTR_MESSAGING_SYSTEM]: system,
        [ATTR_MESSAGING_OPERATION_TYPE]: PROCESS,
        [ATTR_MESSAGING_OPERATION_NAME]: PROCESS,
      };
      const name =
        typeof destination === 'function' ? ask('the destination callback', () => destination(...args)) : destination;
      if (typeof name === 'string' && name !== '') bag[ATTR_MESSAGING_DESTINATION] = name;
      if (consumerGroup) bag[ATTR_MESSAGING_CONSUMER_GROUP] = consumerGroup;
      if (typeof memo === 'number') bag[ATTR_MESSAGING_BATCH_SIZE] = memo;
      const id = messageId && ask('the messageId callback', () => messageId(...args));
      if (typeof id === 'string' && id !== '') bag[ATTR_MESSAGE_ID] = id;
      return bag;
    },
    record: recordProcessed,
  };
}
