import type { Attributes } from '@opentelemetry/api';
import { type ContentField, settings } from './settings.js';

/** Whether a field of content is captured at all; where not, nobody has to build it. */
export function isCaptured(field: ContentField): boolean {
  const { content, contentFields } = settings();
  return content !== 'NO_CONTENT' && (contentFields === 'all' || contentFields.includes(field));
}

/**
 * The one door for what people, models and tools say: opt-in → redact → external store → cut → attribute. The value in the
 * returned bag is structured; `signals/content-attributes.ts` decides which signals show it, and how.
 */
export function capture(_field: ContentField, _value: unknown): Attributes {
  return {};
}
