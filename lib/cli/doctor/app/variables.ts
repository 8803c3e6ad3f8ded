/** Names that say how telemetry is recorded or where it is sent. */
export const TELEMETRY_VARIABLE = /^(OTEL|ANNOTEL|APPLICATIONINSIGHTS|APPINSIGHTS|OTLP)_/i;

/** A place that sets variables for the app. */
export interface VariableSource {
  /** The file, or in words where no file says it. */
  readonly where: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The variables of a file of the kind of `.env`, as `node --env-file` reads it. */
export function parseEnvFile(text: string): Record<string, string> {
  const line = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|[^\r\n#]*)/gm;
  return Object.fromEntries(
    [...text.matchAll(line)].map(([, name = '', value = '']) => [name, unquoted(value.trim())]),
  );
}

function unquoted(text: string): string {
  const [, quote, inner] = /^(["'`])([\s\S]*)\1$/.exec(text) ?? [];
  if (inner === undefined) return text;
  return quote === '"' ? inner.replace(/\\n/g, '\n') : inner;
}

/**
 * The variables of telemetry, and `NODE_OPTIONS`, that a file of any other kind sets: a Dockerfile, YAML, JSON, TOML, JavaScript.
 * Read as text: whatever looks like a name with a value.
 */
export function variablesIn(text: string): Record<string, string> {
  const names =
    '(?:OTEL|ANNOTEL|APPLICATIONINSIGHTS|APPINSIGHTS)_[A-Z0-9_]+|NODE_OPTIONS|languageWorkers__node__arguments';
  const quoted = `"(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*'`;
  const found: Record<string, string> = {};
  const add = (name = '', value = '') => {
    found[name] ??= unquoted(value.trim().replace(/,$/, '').trim());
  };
  // Kubernetes: the name and the value stand on two lines.
  const twoLines = new RegExp(
    `name["']?:\\s*["']?(${names})["']?,?\\s*\\n\\s*["']?value["']?:\\s*(${quoted}|[^\\n#]*)`,
    'g',
  );
  for (const [, name, value] of text.matchAll(twoLines)) add(name, value);
  const wholeEntry = new RegExp(`^\\s*-\\s*(["'])(${names})=(.*)\\1\\s*$`, 'gm');
  for (const [, , name, value] of text.matchAll(wholeEntry)) add(name, value);
  const oneLine = new RegExp(
    `^(?!\\s*(?:#|//)).*?["']?\\b(${names})["']?\\s*[:=]\\s*(${quoted}|[^\\s"'][^\\n]*)`,
    'gm',
  );
  for (const [, name, value = ''] of text.matchAll(oneLine)) add(name, /^["']/.test(value) ? value : upToNext(value));
  // `ENV NAME value`, and further ones on the same line.
  for (const [, name, value] of text.matchAll(new RegExp(`^\\s*ENV\\s+(${names})\\s+(.*)$`, 'gm'))) add(name, value);
  for (const [line] of text.matchAll(/^\s*ENV\s.*(?:\\\n.*)*$/gm)) {
    for (const [, name, value] of line.matchAll(new RegExp(`\\b(${names})=(${quoted}|\\S*)`, 'g'))) add(name, value);
  }
  return found;
}

/** A value without quotes ends with its line, with a comment, or where the next name begins. */
function upToNext(value: string): string {
  return value.replace(/\s+(#|[A-Z][A-Z0-9_]+=).*$/, '').replace(/\s*\\$/, '');
}
