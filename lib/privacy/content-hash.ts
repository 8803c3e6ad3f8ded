import { createHmac, randomBytes } from 'node:crypto';
import { type ContentField, settings } from '../settings.js';
import { isSchemaWord, leavesSchema, type Plain } from './content-plain.js';

let ownKey: Buffer | undefined;

/**
 * `value` with each text replaced by `hmac-sha256:` and its HMAC-SHA-256 in hex, so that equal texts compare equal and none
 * can be read or guessed without the key. Structure, numbers and the words of the schema stay.
 */
export function hashed(field: ContentField, value: Plain): Plain {
  ownKey ??= randomBytes(32);
  const key = settings().contentKey ?? ownKey;
  const hash = (text: string): string => `hmac-sha256:${createHmac('sha256', key).update(text).digest('hex')}`;
  const replace = (part: Plain, name: string, isFree: boolean): Plain => {
    if (typeof part === 'string') return isSchemaWord(field, name, isFree) ? part : hash(part);
    if (Array.isArray(part)) return part.map((item) => replace(item, name, isFree));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([member, inner]) => [member, replace(inner, member, isFree || leavesSchema(member))]),
    );
  };
  return replace(value, '', false);
}
