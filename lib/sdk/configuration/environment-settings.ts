import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parsePrices } from '../../genai/pricing/own-prices.js';
import type { ContentCapture, ContentField, RedactionSet, Settings } from '../../settings.js';
import { ownResolver, resolverOf } from '../app-packages.js';
import { warn, warnOfValue } from '../warnings.js';
import { type Environment, withoutUndefined } from './environment.js';

const CAPTURES: Readonly<Record<string, ContentCapture>> = {
  no_content: 'NO_CONTENT',
  span_only: 'SPAN_ONLY',
  event_only: 'EVENT_ONLY',
  span_and_event: 'SPAN_AND_EVENT',
  true: 'SPAN_AND_EVENT',
  false: 'NO_CONTENT',
};
const FIELDS: Readonly<Record<string, ContentField>> = {
  input: 'input',
  output: 'output',
  system: 'system',
  tooldefinitions: 'toolDefinitions',
  toolarguments: 'toolArguments',
  toolresult: 'toolResult',
  query: 'query',
  documents: 'documents',
  feedback: 'feedback',
};
const REDACTION_SETS: readonly RedactionSet[] = ['email', 'phone', 'card', 'iban', 'ssn', 'ip', 'secret', 'jwt'];
const RATE = { least: 1e-9, most: 1e9, whole: false };

/** The settings that variables choose; what no variable chooses is left out. Each value that is not understood costs one warning. */
export function environmentSettings(env: Environment): Partial<Settings> {
  const semconv = env.oneOf('ANNOTEL_SEMCONV', ['1.41', 'latest', 'both'], '1.41');
  const exceptions = env.oneOf('OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN', ['logs', 'logs/dup'], 'span events');
  const found: Partial<Settings> = {
    semconv,
    exceptionEvents: exceptions && exceptions !== 'logs',
    content: contentCapture(env),
    contentFields: contentFields(env),
    contentForm: contentForm(env),
    contentKey: env.text('ANNOTEL_CONTENT_KEY'),
    handleKey: env.text('ANNOTEL_HANDLE_KEY'),
    redact: redactionSets(env),
    currency: currency(env),
    currencyRate: env.number('ANNOTEL_CURRENCY_RATE', RATE, '1'),
    prices: prices(env),
    countTokens: env.flag('ANNOTEL_ESTIMATE_TOKENS') ? tokenCounter() : undefined,
    metricContext: env.listOf('ANNOTEL_METRIC_CONTEXT', ['tenant', 'feature'], 'none'),
  };
  warnOfHalves(found, env);
  return withoutUndefined(found);
}

/** Variables that have an effect only together with another. */
function warnOfHalves({ currency, currencyRate, contentForm, contentKey }: Partial<Settings>, env: Environment): void {
  const isForeign = currency !== undefined && currency !== 'USD';
  // One that is set and not understood has had its warning.
  if (isForeign && env.text('ANNOTEL_CURRENCY_RATE') === undefined) {
    warn(`ANNOTEL_CURRENCY=${currency} has no ANNOTEL_CURRENCY_RATE beside it; bundled prices stay in USD`);
  }
  if (currencyRate !== undefined && !isForeign) {
    warn('ANNOTEL_CURRENCY_RATE has no ANNOTEL_CURRENCY other than USD beside it, and is ignored');
  }
  if (contentForm === 'hash' && contentKey === undefined) {
    warn(
      'ANNOTEL_CONTENT=hash has no ANNOTEL_CONTENT_KEY beside it; the hashes of one text differ from process to process',
    );
  }
}

/** A value that cannot be understood captures nothing: whoever mistyped it may have meant to turn capture off. */
function contentCapture(env: Environment): ContentCapture | undefined {
  const variable = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
  if (env.text(variable) !== undefined) {
    const word = env.oneOf(variable, Object.keys(CAPTURES), 'NO_CONTENT');
    return word === undefined ? undefined : CAPTURES[word];
  }
  return env.flag('AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED') ? 'SPAN_AND_EVENT' : undefined;
}

function contentFields(env: Environment): Settings['contentFields'] | undefined {
  const listed = env.listOf('ANNOTEL_CONTENT_FIELDS', [...Object.keys(FIELDS), 'all'], 'no fields');
  if (listed === undefined) return env.text('ANNOTEL_CONTENT_FIELDS') === undefined ? undefined : [];
  return listed.includes('all') ? 'all' : listed.flatMap((field) => FIELDS[field] ?? []);
}

function contentForm(env: Environment): Settings['contentForm'] | undefined {
  const text = env.text('ANNOTEL_CONTENT');
  const form = text?.toLowerCase();
  if (form === undefined || form === 'full' || form === 'hash') return form;
  const most = /^truncate:(\d{1,9})$/.exec(form)?.[1];
  if (most !== undefined && Number(most) > 0) return `truncate:${Number(most)}`;
  warnOfValue('ANNOTEL_CONTENT', text ?? '', 'full, hash, truncate:N with N characters of at least 1', 'truncate:8192');
  return undefined;
}

/** `off` masks nothing. A list of which nothing is understood masks everything. */
function redactionSets(env: Environment): Settings['redact'] | undefined {
  const listed = env.listOf('ANNOTEL_REDACT', [...REDACTION_SETS, 'off'], 'all of them');
  if (listed?.includes('off')) {
    if (listed.length === 1) return [];
    warnOfValue('ANNOTEL_REDACT', env.text('ANNOTEL_REDACT') ?? '', 'a list of sets, or off alone', 'the sets');
  }
  return listed?.filter((set): set is RedactionSet => set !== 'off');
}

function currency(env: Environment): string | undefined {
  const text = env.text('ANNOTEL_CURRENCY');
  if (text === undefined || /^[A-Za-z]{3}$/.test(text)) return text?.toUpperCase();
  warnOfValue('ANNOTEL_CURRENCY', text, 'an ISO 4217 code such as EUR', 'USD');
  return undefined;
}

/** An entry that is wrong is left out, with a warning; the others count. */
function prices(env: Environment): Settings['prices'] | undefined {
  const file = env.text('ANNOTEL_PRICES');
  if (file === undefined) return undefined;
  const refuse = (problem: string, used: string): void => {
    warnOfValue('ANNOTEL_PRICES', file, `a JSON file of prices by model: ${problem}`, used);
  };
  try {
    const { prices, problems } = parsePrices(JSON.parse(readFileSync(file, 'utf8')));
    const isAny = Object.keys(prices).length > 0;
    if (problems.length > 0) refuse(problems.join('; '), isAny ? 'the others' : 'the bundled prices');
    return isAny ? prices : undefined;
  } catch (error) {
    refuse((error as Error).message, 'the bundled prices');
    return undefined;
  }
}

interface GptTokenizer {
  countTokens(text: string): number;
}

/**
 * Counts tokens by `gpt-tokenizer` (an optional peer; the tokens of OpenAI's models since GPT-4o), as an estimate for every
 * model. It is loaded when the first text is counted, which takes some tens of milliseconds.
 *
 * @param app where the app looks for packages: the tokenizer is its dependency
 * @returns `undefined`, with a warning, where the package is not installed
 */
export function tokenCounter(app = `${process.cwd()}/`): Settings['countTokens'] {
  const find = resolverOf('gpt-tokenizer', [...ownResolver(), createRequire(app)]);
  if (!find) {
    warn('ANNOTEL_ESTIMATE_TOKENS=true needs the package gpt-tokenizer; without it, no usage is estimated');
    return undefined;
  }
  let tokenizer: GptTokenizer | undefined;
  return (text) => {
    tokenizer ??= find('gpt-tokenizer') as GptTokenizer;
    return tokenizer.countTokens(text);
  };
}
