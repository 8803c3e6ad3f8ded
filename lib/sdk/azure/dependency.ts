import { type Attributes, SpanKind } from '@opentelemetry/api';
import * as semconv from '../../genai/semconv.js';

// The exporter computes type, target and data of a dependency from names that are no longer in use. It leaves the names
// themselves out of customDimensions, so that nothing arrives twice.
const DB_SYSTEM = 'db.system';
const DB_NAME = 'db.name';
const DB_STATEMENT = 'db.statement';
const DB_OPERATION = 'db.operation';
const PEER_SERVICE = 'peer.service';

/** Where the old name of a database differs from the stable one, among those that the exporter knows. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'microsoft.sql_server': 'mssql',
  'oracle.db': 'oracle',
  'ibm.db2': 'db2',
  h2database: 'h2',
};

/** Adds to the attributes of a span what makes it a dependency with type, target and data. */
export function describeDependency(attributes: Attributes, kind: SpanKind): void {
  if (attributes[DB_SYSTEM] !== undefined || isHttp(attributes)) return;
  if (attributes['db.system.name'] !== undefined) describeDatabase(attributes);
  else if (kind === SpanKind.CLIENT && attributes[semconv.ATTR_GEN_AI_OPERATION_NAME] !== undefined)
    describeModel(attributes);
}

/** Whether a span is of an HTTP request, in either spelling of the conventions. */
export function isHttp(attributes: Attributes): boolean {
  return attributes['http.request.method'] !== undefined || attributes['http.method'] !== undefined;
}

/** The exporter puts a server's URL together without port and query. */
export function completeUrl(attributes: Attributes): void {
  const { 'url.scheme': scheme, 'url.path': path, 'url.query': query } = attributes;
  const host = attributes[semconv.ATTR_SERVER_ADDRESS];
  if (attributes['url.full'] !== undefined || scheme === undefined || path === undefined || host === undefined) return;
  const port = attributes[semconv.ATTR_SERVER_PORT];
  const isUsual = port === undefined || port === (scheme === 'https' ? 443 : 80);
  const search = query === undefined || query === '' ? '' : `?${String(query).replace(/^\?/, '')}`;
  attributes['url.full'] = `${scheme}://${host}${isUsual ? '' : `:${port}`}${path}${search}`;
}

function describeDatabase(attributes: Attributes): void {
  const system = String(attributes['db.system.name']);
  const operation = attributes['db.operation.name'];
  const collection = attributes['db.collection.name'];
  attributes[DB_SYSTEM] = OLD_NAMES[system] ?? system;
  set(attributes, DB_NAME, attributes['db.namespace']);
  const statement = attributes['db.query.text'] ?? attributes['db.query.summary'];
  set(attributes, DB_STATEMENT, statement);
  set(
    attributes,
    DB_OPERATION,
    collection === undefined ? operation : [operation, collection].filter(Boolean).join(' '),
  );
}

/**
 * The same route serves model calls: type `GenAI | openai`, target the host that answers or else the provider, data the
 * model. Retrievals add their data source to the target, as databases do.
 */
function describeModel(attributes: Attributes): void {
  const provider = attributes[semconv.ATTR_GEN_AI_PROVIDER_NAME];
  const operation = attributes[semconv.ATTR_GEN_AI_OPERATION_NAME];
  const source = attributes[semconv.ATTR_GEN_AI_DATA_SOURCE_ID];
  attributes[DB_SYSTEM] = provider === undefined ? 'GenAI' : `GenAI | ${provider}`;
  set(attributes, DB_NAME, source);
  set(
    attributes,
    DB_OPERATION,
    attributes[semconv.ATTR_GEN_AI_RESPONSE_MODEL] ?? attributes[semconv.ATTR_GEN_AI_REQUEST_MODEL] ?? operation,
  );
  const host = attributes[semconv.ATTR_SERVER_ADDRESS];
  if (host === undefined && source === undefined) attributes[PEER_SERVICE] ??= provider ?? operation;
}

function set(attributes: Attributes, name: string, value: Attributes[string]): void {
  if (value !== undefined && value !== '') attributes[name] ??= value;
}
