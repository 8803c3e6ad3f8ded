// Imports nothing, so that the doctor can judge headers where OpenTelemetry cannot be loaded.

/** What carries the headers. gRPC takes less than HTTP. */
export type HeaderCarrier = 'http' | 'grpc';

/** What a header variable says. */
export interface HeaderEntries {
  readonly headers: Readonly<Record<string, string>>;
  /** What is left out or changed, a clause for each entry. Names entries, and never repeats a value: it may be a key. */
  readonly problems: readonly string[];
}

/** An entry before it is known what carries it. */
interface Entry {
  readonly name: string;
  readonly value: string;
  readonly notes: readonly string[];
}

/** As `validateHeaderName` and `validateHeaderValue` of `node:http`, and as the metadata of `@grpc/grpc-js`. */
const ALLOWED_NAME: Readonly<Record<HeaderCarrier, RegExp>> = {
  http: /^[!#$%&'*+.^_`|~\w-]+$/,
  grpc: /^[:\w.-]+$/,
};
const ALLOWED_VALUE: Readonly<Record<HeaderCarrier, RegExp>> = {
  http: /^[\t\x20-\x7e\x80-\xff]*$/,
  grpc: /^[\x20-\x7e]*$/,
};
/** What stands before `=` may be a piece of a key: only what looks like the name of a header is repeated. */
const PRINTABLE_NAME = /^([A-Z]?[a-z]+|[A-Z]+|[A-Za-z]+([-_.][A-Za-z]+)+)$/;
const LONGEST_PRINTED = 40;
const MOST_PRINTED = 5;

/**
 * Reads `OTEL_EXPORTER_OTLP_HEADERS` or the variable of one signal. An entry that cannot be sent is left out, and the others
 * count. Quotes around an entry, around its value or around everything are not sent: Docker's `--env-file` keeps them.
 */
export function readHeaderEntries(text: string, carrier: HeaderCarrier): HeaderEntries {
  const headers: [name: string, value: string][] = [];
  const problems: string[] = [];
  const whole = withoutQuotes(text.trim());
  if (whole.isChanged) problems.push('the quotes around it are not sent');
  const entries = whole.text.split(',').filter((entry) => entry.trim() !== '');
  for (const [index, text] of entries.entries()) {
    const entry = readEntry(text.trim());
    const obstacle = typeof entry === 'string' ? entry : obstacleOf(entry, carrier);
    const label = labelOf(text) ?? `entry ${index + 1} of ${entries.length}`;
    if (typeof entry !== 'string' && obstacle === undefined) {
      headers.push([entry.name, entry.value]);
      problems.push(...entry.notes.map((note) => `${label} is sent without ${note}`));
    } else {
      problems.push(`${label} is left out, as it has ${obstacle}`);
    }
  }
  return { headers: Object.fromEntries(headers), problems };
}

/** Everything that is to be said of a variable, in one sentence; `undefined` where all is well. */
export function headerSentence(variable: string, problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined;
  const rest = problems.length > MOST_PRINTED ? [`and ${problems.length - MOST_PRINTED} more`] : [];
  const said = [...problems.slice(0, MOST_PRINTED), ...rest].join('; ');
  return `${variable}: ${said} (allowed: name=value, with a comma between two, other characters percent-encoded)`;
}

/** As OpenTelemetry's exporters read it, but that they leave out silently what they do not understand. Says why where it is none. */
function readEntry(quoted: string): Entry | string {
  const notes: string[] = [];
  const entry = withoutQuotes(quoted);
  const [pair = '', ...metadata] = entry.text.split(';');
  if (metadata.join('').trim() !== '') notes.push('what follows its ; (%3B stands for one)');
  const equals = pair.indexOf('=');
  if (/^[\w-]+\s*:/.test(pair)) return 'a colon in place of =';
  if (equals < 0) return 'no =';
  const value = withoutQuotes(pair.slice(equals + 1).trim());
  if (entry.isChanged || value.isChanged) notes.push('the quotes around it');
  try {
    const decoded = decodeURIComponent(value.text);
    const bare = decoded.trim();
    if (bare === '') return 'no value';
    if (bare !== decoded) notes.push('the blanks or line breaks around it');
    return { name: decodeURIComponent(pair.slice(0, equals).trim()), value: bare, notes };
  } catch {
    return 'a % that encodes nothing (%25 stands for one)';
  }
}

/** Why it cannot be sent. */
function obstacleOf({ name, value }: Entry, carrier: HeaderCarrier): string | undefined {
  if (name === '') return 'no name';
  const protocol = carrier === 'http' ? 'HTTP' : 'gRPC';
  if (!ALLOWED_NAME[carrier].test(name)) return `a name with a character that ${protocol} does not allow`;
  if (carrier === 'grpc' && /-bin$/i.test(name)) return 'a name that ends with -bin, which gRPC allows for bytes only';
  if (/[\r\n]/.test(value)) return 'a line break in its value';
  if (!ALLOWED_VALUE[carrier].test(value)) return `a value with a character that ${protocol} does not allow`;
  return undefined;
}

function labelOf(entry: string): string | undefined {
  const name = /^\s*["']?([^=:\s"']*)\s*[=:]/.exec(entry)?.[1] ?? '';
  return name.length <= LONGEST_PRINTED && PRINTABLE_NAME.test(name) ? name : undefined;
}

/** Those that belong to each other, and not the first of one part and the last of another. */
function withoutQuotes(text: string): { text: string; isChanged: boolean } {
  const inner = /^(["'])(.*)\1$/s.exec(text);
  if (inner?.[1] === undefined || inner[2] === undefined || inner[2].includes(inner[1]))
    return { text, isChanged: false };
  return { text: inner[2].trim(), isChanged: true };
}
