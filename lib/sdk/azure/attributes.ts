import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../../genai/semconv.js';

/** Fills the column of the user; read from `user.id`, as `withRequestContext` names it. */
const ATTR_ENDUSER_ID = 'enduser.id';

// Names that the exporter leaves out of customDimensions, whether or not something else holds what they say.
const DROPPED = [
  semconv.ATTR_ERROR_TYPE,
  semconv.ATTR_SERVER_ADDRESS,
  semconv.ATTR_SERVER_PORT,
  ATTR_ENDUSER_ID,
  'http.route',
];
const URL_PARTS = ['url.full', 'url.scheme', 'url.path', 'url.query'];
const EXCEPTION_PARTS = [
  semconv.ATTR_EXCEPTION_TYPE,
  semconv.ATTR_EXCEPTION_MESSAGE,
  semconv.ATTR_EXCEPTION_STACKTRACE,
];

/**
 * A copy of attributes in which what Azure Monitor would drop stands a second time under a name that it keeps
 * (`error.type` as `annotel.error.type`), and in which the user stands where it is looked for.
 *
 * @param has what there are columns for: the URL of an HTTP call, type, message and stack of an exception
 */
export function keepingAll(attributes: Attributes, has?: 'url' | 'exception'): Attributes {
  const copy: Attributes = { ...attributes };
  for (const name of DROPPED) repeat(copy, name);
  if (has !== 'url') for (const name of URL_PARTS) repeat(copy, name);
  if (has !== 'exception') for (const name of EXCEPTION_PARTS) repeat(copy, name);
  const user = attributes[semconv.ATTR_USER_ID];
  if (user !== undefined) copy[ATTR_ENDUSER_ID] ??= user;
  return copy;
}

function repeat(attributes: Attributes, name: string): void {
  const value = attributes[name];
  if (value !== undefined) attributes[`${semconv.ANNOTEL_PREFIX}${name}`] = value;
}
