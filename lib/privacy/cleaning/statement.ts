import { withoutLiterals } from './sql-literals.js';

/** What keeps data under keys: command, key, values. */
const KEYED = /^(?:redis|valkey|memcached|keydb|dragonfly)$/i;
/** What instrumentations put in the place of values. */
const ELLIPSIS = /\[\d+ other arguments\]$/;
/** Commands whose arguments are scripts, users and settings. */
const TELLING = /^(?:auth|hello|acl|config|eval|fcall|script|function|echo|migrate|client|command|sentinel)/i;
/** Commands all of whose arguments are keys, fields, places and times. */
const VALUELESS =
  /^(?:m?get(?:del|ex|range|bit)?|del|unlink|exists|p?expire(?:at|time)?|p?ttl|type|touch|persist|rename(?:nx)?|copy|keys|[hsz]?scan|incr|decr|h(?:get(?:all|del)?|mget|del|exists|len|keys|vals|strlen)|l(?:range|len|index|pop|trim|move)|b?[lr]pop|blmove|strlen|s(?:members|card|inter|union|diff|pop|randmember)|z(?:range|revrange|card|count|popmin|popmax)|x(?:read|readgroup|range|len|ack|trim|group|info)|p(?:ing|fcount)|select|multi|exec|discard|watch|unwatch|info|dbsize|time|wait|quit|p?subscribe)$/i;
const SQL =
  /^[\s(]*(?:(?:select|delete|insert|replace|merge|update|with|create|alter|drop|truncate|call|exec|execute|copy|grant)\b[\s\S]{0,4000}?\b(?:from|into|set|values|where|table|user|role|view|index|select)\b|select\b[^.!?]*['"\d])/i;

/**
 * A statement to a database without the values in it: `?` stands for each. What the app prepared stays. Takes time linear in
 * the text.
 *
 * @param system `db.system.name` of the span, where it is known
 */
export function withoutValues(text: string, system: string | undefined): string {
  if (ELLIPSIS.test(text.slice(-40))) return text;
  if (system !== undefined && KEYED.test(system)) return withoutArguments(text);
  return /^\s*[{[]/.test(text) ? ofDocument(text) : withoutLiterals(text, system);
}

/** Whether a text that nobody says to be SQL is. */
export function looksLikeSql(text: string): boolean {
  return SQL.test(text);
}

function withoutArguments(text: string): string {
  const [command = '', key, ...rest] = text.split(' ');
  if (key === undefined || VALUELESS.test(command)) return text;
  if (TELLING.test(command)) return `${command} ?`;
  return rest.length === 0 ? text : `${command} ${key} ?`;
}

/** A query in JSON, as MongoDB and Elasticsearch take it: the names stay. */
function ofDocument(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_key, value) =>
      (typeof value === 'object' && value !== null) || value === undefined ? value : '?',
    );
  } catch {
    return '?';
  }
}
