/** A selector of a PromQL expression: which metrics it names, and by which labels it picks their series. */
export interface Selector {
  /** Matches the whole name of each metric that it means. */
  readonly metrics: RegExp;
  readonly labels: readonly string[];
}

/** What a PromQL expression names. */
export interface Names {
  readonly selectors: readonly Selector[];
  /** Labels that it groups, matches or joins by. */
  readonly groupings: readonly string[];
}

const TOKEN =
  /\s*(?:#[^\n]*\n\s*)*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[a-zA-Z_:][\w:]*|[\d.][\w.]*|=~|!~|!=|==|>=|<=|\S)/y;
const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'Inf', 'NaN']);
const IS_NAME = /^[a-zA-Z_:]/;
const IS_MATCH = /^(=|!=|=~|!~)$/;

/**
 * Finds the metrics and labels that an expression names; functions, numbers and durations are none. It reads tokens, not
 * grammar: whether the expression is one, Prometheus tells.
 *
 * @throws Error where a selector by `__name__` is not an equality or a regular expression
 */
export function namesIn(expression: string): Names {
  const tokens = tokensOf(expression);
  const selectors: Selector[] = [];
  const groupings: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as string;
    const next = tokens[at + 1];
    if (token === '[') {
      at = tokens.indexOf(']', at);
    } else if (GROUPING.has(token) && next === '(') {
      const end = tokens.indexOf(')', at);
      groupings.push(...tokens.slice(at + 2, end).filter((name) => IS_NAME.test(name)));
      at = end;
    } else if (token === '{') {
      const end = tokens.indexOf('}', at);
      selectors.push(selector(undefined, tokens.slice(at + 1, end)));
      at = end;
    } else if (IS_NAME.test(token) && !WORDS.has(token) && next !== '(' && !GROUPING.has(next ?? '')) {
      const end = next === '{' ? tokens.indexOf('}', at) : at;
      selectors.push(selector(token, tokens.slice(at + 2, Math.max(end, at + 2))));
      at = end;
    }
  }
  return { selectors, groupings };
}

/** A list of matchers: name, operator, value. */
function selector(metric: string | undefined, tokens: readonly string[]): Selector {
  let metrics = metric === undefined ? undefined : new RegExp(`^${metric}$`);
  const labels: string[] = [];
  for (const [at, token] of tokens.entries()) {
    const operator = tokens[at + 1] ?? '';
    if (!IS_NAME.test(token) || !IS_MATCH.test(operator)) continue;
    if (token !== '__name__') {
      labels.push(token);
      continue;
    }
    const value = JSON.parse(tokens[at + 2] as string) as string;
    if (!['=', '=~'].includes(operator)) throw new Error(`__name__${operator}"${value}" names no metric`);
    metrics = new RegExp(`^(?:${value})$`);
  }
  if (!metrics) throw new Error(`{${tokens.join(' ')}} names no metric`);
  return { metrics, labels };
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(expression); found; found = TOKEN.exec(expression)) tokens.push(found[1] as string);
  return tokens;
}
