import { type Attributes, type Context, trace } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import * as semconv from '../../genai/semconv.js';
import { exceptionIsComplete, isEvent } from './logs.js';
import { mainAgentOf } from './main-agent.js';

type Started = Parameters<SpanProcessor['onStart']>[0];
type Emitted = Parameters<LogRecordProcessor['onEmit']>[0];

// Per kind of fact. A span whose facts are forgotten arrives without them.
const MOST = 20_000;

/**
 * What is known while spans run, and is wanted when they are exported: the outermost agent above each, and which of its
 * events went out as log records too. Bounded; the oldest is forgotten first.
 */
export class SpanMemory {
  readonly #agents = new Map<string, Attributes>();
  readonly #logged = new Map<string, Set<string>>();

  /** @param clean what is done to attributes before they leave the process */
  constructor(private readonly clean?: (attributes: Attributes) => Attributes) {}

  /** Put it before whatever exports spans. */
  readonly spanProcessor: SpanProcessor = {
    onStart: (span: Started, parent: Context) => this.#started(span, parent),
    onEnd: () => {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };

  /** Put it before whatever exports log records, behind whatever drops some. */
  readonly logProcessor: LogRecordProcessor = {
    onEmit: (record: Emitted) => this.#emitted(record),
    forceFlush: async () => {},
    shutdown: async () => {},
  };

  mainAgent(spanId: string): Attributes | undefined {
    return this.#agents.get(spanId);
  }

  loggedEvents(spanId: string): ReadonlySet<string> | undefined {
    return this.#logged.get(spanId);
  }

  #started(span: Started, parent: Context): void {
    const above = trace.getSpan(parent);
    if (above === undefined) return;
    const attributes = (above as Partial<ReadableSpan>).attributes;
    const agent = this.#agents.get(above.spanContext().spanId) ?? (attributes && mainAgentOf(attributes, this.clean));
    if (agent) remember(this.#agents, span.spanContext().spanId, agent);
  }

  #emitted(record: Emitted): void {
    const { eventName, spanContext, attributes } = record;
    if (spanContext === undefined) return;
    const name = exceptionIsComplete(attributes) ? semconv.EVENT_EXCEPTION : isEvent(record) ? eventName : undefined;
    if (name === undefined || name === semconv.EVENT_GEN_AI_INFERENCE_DETAILS) return;
    const names = this.#logged.get(spanContext.spanId);
    if (names) names.add(name);
    else remember(this.#logged, spanContext.spanId, new Set([name]));
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size <= MOST) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
