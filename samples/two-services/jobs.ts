import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { carrierVia } from 'annotel';
import { connect, type MqttClient } from 'mqtt';

export interface Job {
  task: string;
  text: string;
}

/** A job on its way. MQTT 3.1.1 has no headers; with RabbitMQ, SQS, Kafka or MQTT 5 they would be those of the message. */
interface Message {
  headers: Record<string, string>;
  job: Job;
}

const TOPIC = 'jobs';
const tracer = trace.getTracer('jobs');

/** The queue, with what no instrumentation does for MQTT: a span for each end, and the trace from one to the other. */
export class Jobs {
  private readonly running = new Set<Promise<void>>();

  private constructor(
    private readonly client: MqttClient,
    private readonly broker: URL,
  ) {}

  static connect(clientId: string): Jobs {
    const broker = new URL(process.env.BROKER_URL ?? 'mqtt://127.0.0.1:1883');
    // The broker keeps the jobs of a client that is away. They come as soon as it connects, which it does after `take`.
    return new Jobs(connect(broker.href, { clientId, clean: false }), broker);
  }

  async send(job: Job): Promise<void> {
    const options = { kind: SpanKind.PRODUCER, attributes: this.attributes('send') };
    await tracer.startActiveSpan(`send ${TOPIC}`, options, async (span) => {
      try {
        const headers: Message['headers'] = {};
        // Without `carrierVia` the trace would go along, tenant and user would not.
        propagation.inject(context.active(), carrierVia(this.broker.host, headers));
        await this.client.publishAsync(TOPIC, JSON.stringify({ headers, job } satisfies Message), { qos: 1 });
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  /** Does each job that comes. One that fails is told of by its span, and is not tried again. */
  async take(work: (job: Job) => Promise<void>): Promise<void> {
    this.client.on('message', (_topic, payload) => {
      const { headers, job } = JSON.parse(payload.toString()) as Message;
      const parent = propagation.extract(ROOT_CONTEXT, carrierVia(this.broker.host, headers));
      const options = { kind: SpanKind.CONSUMER, attributes: this.attributes('process') };
      const doing = tracer.startActiveSpan(`process ${TOPIC}`, options, parent, async (span) => {
        try {
          await work(job);
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        } finally {
          span.end();
        }
      });
      this.running.add(doing);
      doing.finally(() => this.running.delete(doing));
    });
    await this.client.subscribeAsync(TOPIC, { qos: 1 });
  }

  /** Waits for the jobs at hand. */
  async close(): Promise<void> {
    await Promise.all(this.running);
    await this.client.endAsync();
  }

  private attributes(operation: 'send' | 'process') {
    return {
      'messaging.system': 'mqtt',
      'messaging.operation.name': operation,
      'messaging.operation.type': operation,
      'messaging.destination.name': TOPIC,
      'server.address': this.broker.hostname,
      'server.port': Number(this.broker.port || 1883),
    };
  }
}
