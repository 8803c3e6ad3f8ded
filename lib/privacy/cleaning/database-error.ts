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
