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

/** As `docker run --env-file` reads it: quotes are part of a value. */
export function parseDockerEnvFile(text: string): Record<string, string> {
  const lines = text.split('\n').map((line) => /^\s*([\w.-]+)=(.*?)\r?$/.exec(line));
  return Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1], line[2]]])));
}

function unquoted(text: string): string {
  const [, quote, inner] = /^(["'`])([\s\S]*)\1$/.exec(text) ?? [];
  if (inner === undefined) return text;
  return quote === '"' ? inner.replace(/\\n/g, '\n') : inner;
}

const NAME =
  '(?:OTEL|ANNOTEL|APPLICATIONINSIGHTS|APPINSIGHTS)_[A-Z0-9_]+|NODE_OPTIONS|languageWorkers__node__arguments';
const QUOTED = `"(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*'`;
/** How a name is followed by its value, each form over those behind it. */
const FORMS = [
  // Kubernetes.
  `name["']?:\\s*["']?(?<name>${NAME})["']?,?\\s*\\n\\s*["']?value["']?:\\s*(?<value>${QUOTED}|[^\\n#]*)`,
  // `- "NAME=value"`.
  `(?<quote>["'])(?<name>${NAME})=(?<value>[^\\n]*?)\\k<quote>`,
  `\\b(?<name>${NAME})["']?[ \\t]*[:=][ \\t]*(?<value>${QUOTED}|[^\\s"'][^\\n]*)`,
  // Of old, in a Dockerfile.
  `^[ \\t]*ENV[ \\t]+(?<name>${NAME})[ \\t]+(?<value>${QUOTED}|[^\\n]*)`,
].map((form) => new RegExp(form, 'gm'));

/**
 * The variables of telemetry, and `NODE_OPTIONS`, that a file of any other kind sets: a Dockerfile, YAML, JSON, TOML, JavaScript.
 * Read as text: whatever looks like a name with a value.
 */
export function variablesIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const code = text.replace(/^\s*(#|\/\/).*$/gm, '');
  for (const form of FORMS) {
    for (const { groups = {} } of code.matchAll(form)) {
      const { name = '', value = '' } = groups;
      found[name] ??= unquoted(/^["']/.test(value) ? value : upToNext(value));
    }
  }
  return found;
}

/** A value without quotes ends with its line, with a comment, or where the next name begins. */
function upToNext(value: string): string {
  return value
    .replace(/\s+(#|[A-Z][A-Z0-9_]+=).*$/, '')
    .replace(/\s*[\\,]\s*$/, '')
    .trim();
}
