import type { AnyValue, Attributes, Context, Logger } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api';
import { forLog } from './content-attributes.js';
import * as semconv from './semconv.js';

/**
 * Renders the attribute bag of a finished call as its one log record. Success is DEBUG, as the conventions ask for model
 * calls; failure is WARN, since it is not known here whether somebody handles it.
 *
 * @param said what stands in the log record beside the bag: annotations, and the exception that was thrown
 */
export function emitLog(logger: Logger, context: Context, bag: Attributes, said: Attributes | undefined): void {
  const method = bag[semconv.ATTR_CODE_FUNCTION_NAME];
  const error = bag[semconv.ATTR_ERROR_TYPE];
  const failed = error !== undefined;
  logger.emit({
    eventName: eventName(bag, failed),
    severityNumber: failed ? SeverityNumber.WARN : SeverityNumber.DEBUG,
    body: failed ? `${method} failed: ${error}` : `${method} succeeded`,
    attributes: said ? { ...forLog(bag), ...said } : forLog(bag),
    context,
  });
}

/**
 * Emits a timestamped event that the app tells of.
 *
 * @param context of the span that it belongs to
 */
export function emitEvent(
  logger: Logger,
  context: Context,
  name: string,
  attributes: Attributes | undefined,
  body: AnyValue = name,
): void {
  logger.emit({
    eventName: name,
    severityNumber: SeverityNumber.INFO,
    body,
    attributes: attributes ?? {},
    context,
  });
}

function eventName(bag: Attributes, failed: boolean): string {
  const operation = bag[semconv.ATTR_GEN_AI_OPERATION_NAME];
  if (failed) {
    return operation !== undefined && !semconv.isInternal(operation)
      ? semconv.EVENT_GEN_AI_EXCEPTION
      : semconv.EVENT_EXCEPTION;
  }
  return semconv.isInference(operation) ? semconv.EVENT_GEN_AI_INFERENCE_DETAILS : semconv.EVENT_ANNOTEL_CALL;
}
