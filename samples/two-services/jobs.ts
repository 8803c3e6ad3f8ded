import { Consumer, carrierVia, injectContext, SpanKind, Traced } from 'annotel';
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
const BROKER = new URL(process.env.BROKER_URL ?? 'mqtt://127.0.0.1:1883');
const SERVER = { 'server.address': BROKER.hostname, 'server.port': Number(BROKER.port || 1883) };

/** The queue, with what no instrumentation does for MQTT: a span for each end, and the trace from one to the other. */
export class Jobs {
  private readonly running = new Set<Promise<void>>();

  private constructor(private readonly client: MqttClient) {}

  static connect(clientId: string): Jobs {
    // The broker keeps the jobs of a client that is away. They come as soon as it connects, which it does after `take`.
    return new Jobs(connect(BROKER.href, { clientId, clean: false }));
  }

  @Traced({
    name: `send ${TOPIC}`,
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system': 'mqtt',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': TOPIC,
      ...SERVER,
    },
  })
  async send(job: Job): Promise<void> {
    // Without `carrierVia` the trace would go along, tenant and user would not.
    const headers = injectContext(carrierVia(BROKER.host, {}));
    await this.client.publishAsync(TOPIC, JSON.stringify({ headers, job } satisfies Message), { qos: 1 });
  }

  /** Does each job that comes. One that fails is told of by its span, and is not tried again. */
  async take(work: (job: Job) => Promise<void>): Promise<void> {
    const carrier = ({ headers }: Message) => carrierVia(BROKER.host, headers);
    const handle = Consumer({ system: 'mqtt', destination: TOPIC, attributes: SERVER, carrier })(({ job }: Message) =>
      work(job),
    );
    this.client.on('message', (_topic, payload) => {
      const doing = handle(JSON.parse(payload.toString())).catch(() => {});
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
}
