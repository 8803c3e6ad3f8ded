import type { Attributes } from '@opentelemetry/api';
import type { Operation } from '../call/operation.js';
import {
  ask,
  COMMON_OPTIONS,
  type CommonOptions,
  DEFAULT_LOG_POLICY,
  type OptionNames,
  withOptions,
} from '../call/options.js';
import { namesAgent } from '../genai/agent-turn.js';
import { GENAI_METRICS } from '../genai/metrics.js';
import { withoutOwner } from '../genai/one-span/owner.js';
import * as semconv from '../genai/semconv.js';
import { SpanKind } from '../otel.js';
import { capture, isCaptured } from '../privacy/content.js';
import { type DecoratorFor, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** Options of {@link Retrieval}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface RetrievalOptions<A extends unknown[] = any[], V = any> extends CommonOptions<A, V> {
  /** `gen_ai.data_source.id`: the index, collection or store that is asked. */
  dataSource?: string;
  /** The query. Default: the first string argument. Its length is recorded; the text only where content is captured. */
  query?: (...args: A) => string;
  /** How many documents are asked for. */
  topK?: number | ((...args: A) => number);
  /** The documents in the result. Default: the result, or its `documents`, `matches`, `results`, `hits` or `rows`. */
  documents?: (value: V) => readonly unknown[];
}

const OPTIONS: OptionNames<RetrievalOptions> = {
  ...COMMON_OPTIONS,
  dataSource: true,
  query: true,
  topK: true,
  documents: true,
};

/**
 * A query in, documents out: a vector search, a keyword search, a knowledge base.
 *
 * Span: `retrieval {data source}`, kind CLIENT (GenAI conventions, retrieval span). The database's own span is its child.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function, or has an unknown option
 *
 * @example
 * ```ts
 * class Search {
 *   @Retrieval({ dataSource: 'articles', topK: 5 })
 *   async find(query: string) {
 *     return (await pool.query(NEAREST, [query])).rows;
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function Retrieval<A extends unknown[] = any[], V = any>(
  dataSourceOrOptions: string | RetrievalOptions<A, V> = {},
): DecoratorFor<A, V> {
  const options = typeof dataSourceOrOptions === 'string' ? { dataSource: dataSourceOrOptions } : dataSourceOrOptions;
  if (!isOptions(options)) throw wrongOptions('Retrieval', "@Retrieval('pgvector')", options);
  const operation = withOptions(retrieval(options), options);
  return observingDecorator({ decorator: 'Retrieval', options, known: OPTIONS }, operation);
}

/** The operation of a retrieval. */
export function retrieval({ dataSource, query, topK, documents }: RetrievalOptions): Operation {
  return {
    kind: SpanKind.CLIENT,
    log: DEFAULT_LOG_POLICY,
    type: semconv.OPERATION_RETRIEVAL,
    ...GENAI_METRICS,
    eventName: (failed) => (failed ? semconv.EVENT_GEN_AI_EXCEPTION : semconv.EVENT_ANNOTEL_CALL),
    name: () => (dataSource ? `${semconv.OPERATION_RETRIEVAL} ${dataSource}` : semconv.OPERATION_RETRIEVAL),
    onStart(call) {
      const bag: Attributes = { [semconv.ATTR_GEN_AI_OPERATION_NAME]: semconv.OPERATION_RETRIEVAL };
      if (dataSource) bag[semconv.ATTR_GEN_AI_DATA_SOURCE_ID] = dataSource;
      return namesAgent(bag, call.context);
    },
    describe({ args }, span) {
      const bag: Attributes = {};
      const text = query
        ? ask('the query callback', () => query(...args))
        : args.find((argument) => typeof argument === 'string');
      if (typeof text === 'string') {
        bag[semconv.ATTR_ANNOTEL_RETRIEVAL_QUERY_LENGTH] = text.length;
        if (isCaptured('query')) Object.assign(bag, capture('query', text, span));
      }
      const wanted = typeof topK === 'function' ? ask('the topK callback', () => topK(...args)) : topK;
      if (typeof wanted === 'number') semconv.setRenamed(bag, semconv.ATTR_GEN_AI_RETRIEVAL_TOP_K, wanted);
      return bag;
    },
    enter: withoutOwner,
    onEnd(value, _stream, detail, span) {
      const found = documents ? ask('the documents callback', () => documents(value)) : documentsOf(value);
      if (!Array.isArray(found)) return {};
      const bag: Attributes = { [semconv.ATTR_ANNOTEL_RETRIEVAL_DOCUMENT_COUNT]: found.length };
      return detail && isCaptured('documents') ? Object.assign(bag, capture('documents', found, span)) : bag;
    },
  };
}

const DOCUMENT_FIELDS = ['documents', 'matches', 'results', 'hits', 'rows'];

/** Clients differ in where they put what was found; Elasticsearch and OpenSearch nest it as `hits.hits`. */
function documentsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const field of DOCUMENT_FIELDS) {
    const member: unknown = (value as Record<string, unknown>)[field];
    if (Array.isArray(member)) return member;
    if (field === 'hits' && typeof member === 'object' && member !== null) return documentsOf(member);
  }
  return undefined;
}
