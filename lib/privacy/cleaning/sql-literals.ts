/** Databases in whose texts a backslash escapes a quote, and those of them where double quotes are texts, too. */
const ESCAPING =
  /^(?:mysql|mariadb|tidb|clickhouse|snowflake|.*bigquery|.*spanner|databricks|spark.*|hive|.*redshift)$/i;
const DOUBLE_QUOTED = /^(?:mysql|mariadb|tidb|.*bigquery|.*spanner|databricks|spark.*|hive)$/i;
/** Databases in which it does not. */
const STANDARD =
  /^(?:postgres.*|cockroachdb|mssql|microsoft\.sql_server|oracle.*|sqlite|.*db2|h2.*|hsqldb|derby|firebird|trino|presto|duckdb|cassandra|.*hana)$/i;
const POSTGRES = /^(?:postgres.*|cockroachdb|.*redshift)$/i;
const HASH_COMMENT = /^(?:mysql|mariadb|tidb|.*bigquery)$/i;

const TOKEN = /[A-Za-z_@\u0080-\uffff][\w$@\u0080-\uffff]*|\d[\w.]*|['"`#$]|--|\/\*/g;
const COMMENT_MARK = /\/\*|\*\//g;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]{0,62})?\$/y;
const PLACEHOLDER = /\$\d+/y;
const COPIED = /^\s*copy\b[^;]{0,4000}?\bfrom\s+stdin\b[^\n]*\n/i;
/** Passwords that are not written as texts. */
const PASSWORD = /\b(identified\s{1,5}by\s{1,5}(?:values\s{1,5})?|password\s{0,3}=\s{0,3})(?:"[^"]*"|[^\s,;)?'"]+)/gi;
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}', '<': '>' };

interface Dialect {
  /** `undefined`: nobody knows. */
  readonly escapes: boolean | undefined;
  readonly doubleQuotedTexts: boolean;
  readonly isPostgres: boolean;
  readonly hashComments: boolean;
}

/** SQL with `?` for each literal and without comments. Takes time linear in the text. */
export function withoutLiterals(text: string, system: string | undefined): string {
  const copied = COPIED.exec(text)?.[0];
  const sql = copied ?? text;
  return withoutTokens(sql, dialectOf(system)).replace(PASSWORD, '$1?') + (copied === undefined ? '' : '?');
}

function dialectOf(system: string | undefined): Dialect {
  const name = system ?? '';
  const escapes = ESCAPING.test(name) ? true : STANDARD.test(name) ? false : undefined;
  return {
    escapes,
    doubleQuotedTexts: escapes === undefined || DOUBLE_QUOTED.test(name),
    isPostgres: POSTGRES.test(name),
    hashComments: HASH_COMMENT.test(name),
  };
}

function withoutTokens(sql: string, dialect: Dialect): string {
  let result = '';
  let done = 0;
  let word = '';
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(sql); token; token = TOKEN.exec(sql)) {
    const start = token.index;
    const before = word;
    word = '';
    const cut = cutAt(sql, start, token[0], dialect, before);
    if (cut === undefined) {
      // A prefix such as `E` or `q` touches its quote.
      if (/^[A-Za-z]/.test(token[0]) && sql[TOKEN.lastIndex] === "'") word = token[0].toLowerCase();
      continue;
    }
    if (cut.mark !== undefined) {
      result += sql.slice(done, start) + cut.mark;
      done = cut.end;
    }
    TOKEN.lastIndex = cut.end;
  }
  return result + sql.slice(done);
}

interface Cut {
  readonly end: number;
  /** What stands in its place; `undefined`: itself. */
  readonly mark?: string;
}

function cutAt(sql: string, at: number, token: string, dialect: Dialect, prefix: string): Cut | undefined {
  switch (token) {
    case "'":
      return { end: endOfText(sql, at, dialect, prefix), mark: '?' };
    case '"': {
      const end = endOfQuoted(sql, at, '"', dialect.doubleQuotedTexts ? dialect.escapes : false);
      return dialect.doubleQuotedTexts || isOpen(sql, at, end, '"') ? { end, mark: '?' } : { end };
    }
    case '`': {
      const end = endOfQuoted(sql, at, '`', false);
      return isOpen(sql, at, end, '`') ? { end, mark: '?' } : { end };
    }
    case '--':
      return { end: endOfLine(sql, at), mark: '' };
    case '#':
      return dialect.hashComments ? { end: endOfLine(sql, at), mark: '' } : undefined;
    case '/*':
      return { end: endOfComment(sql, at), mark: ' ' };
    case '$':
      return dollar(sql, at);
    default:
      return /^\d/.test(token) ? number(sql, at, token, dialect) : undefined;
  }
}

function endOfText(sql: string, at: number, dialect: Dialect, prefix: string): number {
  if (/^n?q$/.test(prefix) && !dialect.isPostgres && dialect.escapes !== true) {
    const opening = sql[at + 1] ?? '';
    const close = sql.indexOf(`${CLOSING[opening] ?? opening}'`, at + 2);
    return close < 0 ? sql.length : close + 2;
  }
  return endOfQuoted(sql, at, "'", prefix === 'e' ? true : dialect.escapes);
}

/** @param escapes whether a backslash escapes the quote; where that is not known and matters, all the rest is taken for text */
function endOfQuoted(sql: string, at: number, quote: string, escapes: boolean | undefined): number {
  for (let from = at + 1; ; ) {
    const close = sql.indexOf(quote, from);
    if (close < 0) return sql.length;
    if (escapes !== false && isEscaped(sql, close, at)) {
      if (escapes === undefined) return sql.length;
      from = close + 1;
    } else if (sql[close + 1] === quote) from = close + 2;
    else return close + 1;
  }
}

function isEscaped(sql: string, close: number, open: number): boolean {
  let at = close;
  while (at - 1 > open && sql[at - 1] === '\\') at -= 1;
  return (close - at) % 2 === 1;
}

function isOpen(sql: string, at: number, end: number, quote: string): boolean {
  return end === sql.length && (end - 1 === at || sql[end - 1] !== quote);
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end < 0 ? sql.length : end;
}

/** As though comments nest everywhere: where they do not, too much is left out rather than too little. */
function endOfComment(sql: string, at: number): number {
  let depth = 0;
  COMMENT_MARK.lastIndex = at;
  for (let mark = COMMENT_MARK.exec(sql); mark; mark = COMMENT_MARK.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return COMMENT_MARK.lastIndex;
  }
  return sql.length;
}

function dollar(sql: string, at: number): Cut | undefined {
  PLACEHOLDER.lastIndex = at;
  if (PLACEHOLDER.test(sql)) return { end: PLACEHOLDER.lastIndex };
  DOLLAR_QUOTE.lastIndex = at;
  const tag = DOLLAR_QUOTE.exec(sql)?.[0];
  if (tag === undefined) return undefined;
  const close = sql.indexOf(tag, at + tag.length);
  return { end: close < 0 ? sql.length : close + tag.length, mark: '?' };
}

/** `?1` and `:1` are places for values. */
function number(sql: string, at: number, token: string, { isPostgres }: Dialect): Cut {
  const end = at + token.length;
  const before = sql[at - 1];
  const isPlace = before === '?' || (before === ':' && sql[at - 2] !== ':' && !isPostgres);
  return isPlace ? { end } : { end, mark: '?' };
}
