import { SpanKind } from '../../otel.js';
import { settings } from '../../settings.js';
import { isSecretMember } from '../redaction/assignments.js';
import { BRACKET, COLON, charactersOf, EQUALS, isHarmless, LINE, PERCENT, QUOTE } from '../redaction/characters.js';
import { redact, redactPatterns } from '../redaction/redact.js';
import { KnownTexts } from './known-texts.js';
import { isSecretHeader, isSecretHeaderMember, isSecretParameter, mayBeSecretMember } from './secret-names.js';
import { looksLikeSql, withoutValues } from './statement.js';
import { cleanedUrl, MASK, personal, withoutSecrets } from './web-address.js';

/*
 * What libraries and instrumentations record, which nobody wrote with telemetry in mind: addresses with tokens in them,
 * SQL with values in it, headers. annotel's own attributes are redacted where they are made.
 */

/** What a text was recorded for. */
export interface TextContext {
  /** Of the span: the peer of a server is a person's device, that of a client another server. */
  readonly kind?: SpanKind | undefined;
  /** `db.system.name` of the span. */
  readonly system?: string | undefined;
  /** What the app's redactor gets as the field. */
  readonly field: 'attribute' | 'log';
}

/** Longer texts are cut before they are read. */
export const LONGEST = 131_072;
const MOST_NAMES = 5000;
const LONGEST_NAME = 256;

const URL_NAME =
  /^(?:url\.(?:full|query|path|original|fragment)|http\.(?:url|target)|(?:.*[._])?(?:url|uri|href|location|referr?er)|(?:.*\.)?(?:original|base|redirect)Ur[li])$/i;
const SQL_NAME = /^db\.(?:query\.text|statement)$/;
const MAYBE_SQL_NAME = /(?:^|\.)(?:sql|query|statement)$/i;
const PARAMETER_NAME =
  /^db\.(?:(?:query|operation|statement)\.parameters?(?:\..*)?|[\w.]*\.(?:values|parameters|params)|(?:values|parameters|params))$/;
const VALUES_NAME = /^(?:parameters|params|bindings|values)$/;

/** Names of systems, routes and ids: they hold no text of a person, and are useless when masked. */
const STRUCTURE =
  /^(?:server\.address|network\.local\.address|network\.(?:protocol|transport|type)\b.*|net\.(?:host|sock\.host)\..*|http\.(?:route|request\.method|scheme|flavor|method|host|server_name)|url\.scheme|db\.(?:system|system\.name|namespace|operation\.name|collection\.name|name)|code\..*|otel\..*|telemetry\..*|(?:service|k8s|container|cloud|faas|deployment)\..*|user\.id|session\.id|gen_ai\.conversation\.id|(?:trace|span)_id|annotel\..*)$/;
/** The other end of a connection: of an inbound request it is a person's address, of an outbound one a server's. */
const PEER =
  /^(?:network\.peer\.address|net\.peer\..*|net\.sock\.peer\..*|peer\.service|client\.address|http\.client_ip)$/;

/** `Cookie: a=b; c=d`, also in JSON and in inspected objects. */
const COOKIES = /(\b(?:set-)?cookie2?["']?\s{0,2}[:=]\s{0,2}(?:\[\s{0,8})?["']?)(?=[^"'\r\n=]{1,200}=)[^"'\r\n]+/gi;
/** `https://token@host`, in prose: a plain name of a user is none. */
const USER_ONLY = /(?<=[a-z]:\/\/)[\w.~%-]{16,256}(?=:?@[\w.-])/gi;

type Sort = 'structure' | 'peer' | 'secret' | 'url' | 'sql' | 'maybe sql' | 'parameter' | 'maybe secret' | 'text';

/** What the name of an attribute, or of a member of an object, says of its value. */
export interface AttributeName {
  readonly name: string;
  /** The name, cleaned: some apps put user data into names. */
  readonly cleaned: string;
  readonly sort: Sort;
  /** Whether it holds the parameters of a statement, where a statement is beside it: `{ sql, params }`. */
  readonly mayBeValuesOfSql: boolean;
}

// The names of attributes are few and come again with every span.
const names = new Map<string, AttributeName>();
let namesAreOf: unknown;
const known = new KnownTexts();

/** Reads a name, once where it is not too long. */
export function attributeName(name: string): AttributeName {
  const { redact: sets } = settings();
  if (namesAreOf !== sets) {
    names.clear();
    namesAreOf = sets;
  }
  const before = names.get(name);
  if (before !== undefined) return before;
  const isLong = name.length > LONGEST_NAME;
  const read: AttributeName = {
    name,
    cleaned: redactPatterns(name).text,
    sort: isLong ? 'text' : sorted(name),
    mayBeValuesOfSql: VALUES_NAME.test(name),
  };
  if (names.size < MOST_NAMES && !isLong) names.set(name, read);
  return read;
}

/** A text that stands in an attribute of a span or log record of another library, cleaned. Never throws. */
export function cleanedText({ name, sort }: AttributeName, text: string, { kind, system, field }: TextContext): string {
  if (sort === 'structure' || text === '') return text;
  const { redact: sets, redactor } = settings();
  if (sets.length === 0 && redactor === undefined) return text;
  if (sort === 'peer') {
    if (kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER) return text;
    return known.cleaned(sort, undefined, text, () => redact(text, field).text);
  }
  if (sort === 'parameter') return sets.length > 0 ? '?' : redact(text, field).text;
  if (sets.includes('secret') && (sort === 'secret' || (sort === 'maybe secret' && isSecretMember(name, text)))) {
    return MASK;
  }
  const mayBeSql = sort === 'sql' || sort === 'maybe sql';
  if (!mayBeSql && redactor === undefined && isHarmless(text)) return text;
  if (field === 'log') return cleanedOf(sort, text, system, field);
  return known.cleaned(sort, system, text, () => cleanedOf(sort, text, system, field));
}

function cleanedOf(sort: Sort, text: string, system: string | undefined, field: TextContext['field']): string {
  const { redact: sets } = settings();
  const bounded = cut(text);
  if (sort === 'url') return cleanedUrl(bounded, sets, field);
  if (sort === 'sql' || (sort === 'maybe sql' && looksLikeSql(bounded))) {
    return redact(sets.length > 0 ? withoutValues(bounded, system) : bounded, field).text;
  }
  return cleanedProse(bounded, field, system !== undefined);
}

/** A number; masked, as a text, where it is a secret or a card number, say. */
export function cleanedNumber({ name, sort }: AttributeName, value: number): number | string {
  const { redact: sets } = settings();
  if (sort === 'structure' || sets.length === 0) return value;
  if (sort === 'parameter') return '?';
  const isSecret =
    sort === 'secret' || (sort === 'maybe secret' && /(?:password|passwd|pwd|passcode|secret)$/i.test(name));
  if (isSecret && sets.includes('secret')) return MASK;
  if (!Number.isSafeInteger(value) || value < 1e11) return value;
  const { text, masked } = redactPatterns(String(value));
  return masked > 0 ? text : value;
}

/** A message, a name, a line: with URLs, headers and words of a database in it. Never throws. */
export function cleanedProse(text: string, field: TextContext['field'], isOfDatabase = false): string {
  const { redact: sets } = settings();
  let rest = cut(text);
  const found = charactersOf(rest);
  if (sets.length > 0 && (found & (QUOTE | BRACKET | LINE)) !== 0) rest = withoutQuotedValues(rest, isOfDatabase);
  if (sets.includes('secret')) {
    if ((found & (EQUALS | PERCENT)) !== 0) rest = withoutSecrets(rest).replace(COOKIES, `$1${MASK}`);
    if ((found & COLON) !== 0 && rest.includes('://')) rest = rest.replace(USER_ONLY, MASK);
  }
  return personal(rest, field);
}

/** Whether what follows this element of an array is a secret: a header in `rawHeaders` of Node, an argument of a program. */
export function announcesSecret(element: unknown): boolean {
  if (typeof element !== 'string' || element.length > 64) return false;
  return isSecretHeaderMember(element) || (/^--?[A-Za-z][\w-]*$/.test(element) && isSecretParameter(element));
}

/** Whether the members of this name hold nothing but secrets: `cookies: { … }`. */
export function holdsSecrets({ sort }: AttributeName): boolean {
  return sort === 'secret' && settings().redact.includes('secret');
}

/** Cuts at a blank, since no pattern recognises half a secret. */
function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  const blank = text.lastIndexOf(' ', LONGEST);
  const end = Math.max(blank, LONGEST - 4096);
  return `${text.slice(0, end)} [${text.length - end} more characters]`;
}

function sorted(name: string): Sort {
  if (STRUCTURE.test(name)) return 'structure';
  if (PEER.test(name)) return 'peer';
  if (PARAMETER_NAME.test(name)) return 'parameter';
  if (isSecretHeader(name) || isSecretHeaderMember(name)) return 'secret';
  if (mayBeSecretMember(name)) return 'maybe secret';
  if (URL_NAME.test(name)) return 'url';
  if (SQL_NAME.test(name)) return 'sql';
  return MAYBE_SQL_NAME.test(name) ? 'maybe sql' : 'text';
}

/*
 * Databases quote the values of a statement when they refuse it.
 */

/** Phrases that a value follows in quotes, wherever they stand. */
const PHRASE =
  /((?:invalid input (?:syntax|value) for [^:"\n]{1,80}|invalid (?:byte sequence|datetime format|value)[^:"\n]{0,80}|(?:date\/time )?field value out of range|malformed array literal|Incorrect [\w ]{1,30} value|Truncated incorrect \w{1,20} value|unterminated quoted string at or near|syntax error at or near|syntax to use near|[Cc]onversion failed when converting the \w{1,20} value):? {0,2}|[Dd]uplicate entry |value (?="[^"]{0,500}" is out of range)|Token (?="[^"]{0,500}" is invalid)|The duplicate key value is )(?:"(?:[^"\\]|\\.|"")*"|'(?:[^'\\]|\\.|'')*'|\([^)\n]{0,500}\))/g;
/** `Key (email)=(ann@example.com) already exists.`, `Failing row contains (1, Ann).` */
const DETAIL = /(Key \([^)\n]{1,200}\)=|Failing row contains )(?:\([^\n]{0,2000}\)|\([^\n]*)/g;
/** What query builders put behind the statement. */
const PARAMETERS = /(\n(?:params|parameters|bindings): )[\s\S]*?(?=\n {4}at |$)/gi;
const WORTHWHILE =
  /invalid|incorrect|range|literal|value|near|token|entry|Key \(|Failing row|params|parameters|bindings/i;
/** A quoted piece, but for an apostrophe. */
const QUOTED = /(?<![A-Za-z])'(?:[^'\n]|'')*'(?![A-Za-z])/g;

/**
 * An error message without the values that a database quotes in it.
 *
 * @param isOfDatabase that it comes from one, which makes everything in single quotes a value
 */
export function withoutQuotedValues(text: string, isOfDatabase: boolean): string {
  const plain = WORTHWHILE.test(text)
    ? text.replace(PHRASE, '$1?').replace(DETAIL, '$1(?)').replace(PARAMETERS, '$1?')
    : text;
  return isOfDatabase ? plain.replace(QUOTED, '?') : plain;
}
