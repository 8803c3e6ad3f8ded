import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ATTR_CODE_FUNCTION_NAME, SCOPE_NAME } from '../../genai/semconv.js';
import { WINSTON } from './winston.js';

type Named = Pick<ReadableLogRecord, 'instrumentationScope' | 'attributes'>;

const PINO = '@opentelemetry/instrumentation-pino';

/**
 * The name by which `ANNOTEL_LOG_LEVELS` knows the logger of a record: for Nest's loggers the context, for pino its
 * `name`, for winston `service` or `label` (both else the `context` that Nest adapters write, else the library), for the
 * record of a decorated call the class. Any other logger goes by its OpenTelemetry name; annotel's events are `annotel`.
 */
export function loggerName({ instrumentationScope: { name }, attributes }: Named): string {
  if (name === SCOPE_NAME) return className(attributes[ATTR_CODE_FUNCTION_NAME]) ?? name;
  if (name === PINO) return text(attributes.name) ?? text(attributes.context) ?? 'pino';
  if (name !== WINSTON) return name;
  return text(attributes.service) ?? text(attributes.label) ?? text(attributes.context) ?? WINSTON;
}

/** `RagService` of `RagService.answer`; a plain function has none. */
function className(method: unknown): string | undefined {
  return typeof method === 'string' ? text(method.slice(0, Math.max(0, method.lastIndexOf('.')))) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
