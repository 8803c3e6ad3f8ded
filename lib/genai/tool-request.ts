import type { ToolRequest } from './providers/family.js';
import { BY_REQUEST } from './providers/registry.js';
import { objectOf } from './shape.js';

/**
 * A provider's tool call object, read by its shape. `undefined` for anything else. Strict, since a tool's own arguments may well
 * have a `name` or an `id` of their own.
 */
export function toolRequest(value: unknown): ToolRequest | undefined {
  const call = objectOf(value);
  if (!call) return undefined;
  for (const family of BY_REQUEST) {
    const request = family.toolRequest?.(call);
    if (request) return request;
  }
  return undefined;
}
