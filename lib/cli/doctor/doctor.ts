import { join } from 'node:path';
import { SIGNALS } from '../../sdk/configuration/exporting.js';
import { isTelemetryVariable } from '../../sdk/configuration/variables.js';
import { environment } from '../../sdk/options.js';
import { messageOf } from '../../sdk/warnings.js';
import { App } from './app/app.js';
import { bundles } from './checks/bundles.js';
import { decorators } from './checks/decorators.js';
import { endpoints } from './checks/endpoints.js';
import { envFiles } from './checks/env-files.js';
import { libraries } from './checks/libraries.js';
import { otherSdks } from './checks/other-sdks.js';
import { copies, installation, nodeVersion, optionalPackages } from './checks/packages.js';
import { startMend, starts } from './checks/start.js';
import { isSending, optionsOf, otherVariables, spool, variables } from './checks/variables.js';
import { effectiveConfiguration, placesOf, type Setting } from './effective-configuration.js';
import type { Check, CheckContext, Finding } from './finding.js';
import { type AppRun, runApp } from './run/run.js';
import { inTime, runFindings, sentInWords } from './run/run-findings.js';

/** In the order in which telemetry needs them: of several reasons for which nothing is recorded, the first one counts. */
const CHECKS: Readonly<Record<string, Check>> = {
  'node version': nodeVersion,
  installation,
  start: starts,
  'other SDKs': otherSdks,
  variables,
  'files of variables': envFiles,
  'variables elsewhere': otherVariables,
  'copies of packages': copies,
  'optional packages': optionalPackages,
  endpoints,
  libraries,
  decorators,
  bundles,
  spool,
};
/** Of what the app printed. */
const MOST_LINES = 20;
const MARKS = { ok: '✓', warning: '!', problem: '✗' } as const;

interface Arguments {
  readonly json?: boolean | undefined;
  /** Also what is in order, and every default. */
  readonly all?: boolean | undefined;
  /** Milliseconds for one request. Default 5000. */
  readonly timeout?: number | undefined;
  /** A command that starts the app, to be watched for some seconds. */
  readonly run?: string | undefined;
  /** How many. Default 5. */
  readonly seconds?: number | undefined;
}

/** Examines the app in the working directory with the environment of this process; resolves to the exit code. */
export async function runDoctor({ json, all, timeout = 5000, run: command, seconds = 5 }: Arguments): Promise<number> {
  const folder = process.cwd();
  const app = new App(folder, environment().matching(/^/));
  const context: CheckContext = { app, timeout, ...optionsIn(app) };
  const watched =
    command === undefined ? undefined : await runApp(command, seconds, app.environment, isUnsent(context));
  const results = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => [name, await examined(name, check, context)] as const),
  );
  const ofRun: Record<string, Finding[]> = watched ? { run: runFindings(watched, startMend(app)) } : {};
  const findings = { ...ofRun, ...Object.fromEntries(results) };
  const settings = effectiveConfiguration(context);
  const found = Object.values(findings).flat();
  const verdict = watched ? verdictOfRun(watched, ofRun['run'] ?? []) : verdictOf(found, context);
  const problems = found.filter(({ level }) => level === 'problem').length;
  const text = json
    ? JSON.stringify({ verdict, findings, settings, problems, ...(watched && { printed: watched.printed }) }, null, 2)
    : inText(verdict, settings, findings, all === true, watched?.printed);
  process.stdout.write(`${text}\n`);
  return problems > 0 ? 1 : 0;
}

/** What is decided for the app in this folder, and not for this program. */
function optionsIn(app: App): ReturnType<typeof optionsOf> {
  const mainScript = join(app.folder, 'main.js');
  try {
    return optionsOf(app.variables, mainScript);
  } catch {
    // The check of variables says why.
    return optionsOf(app.environment, mainScript);
  }
}

/** A check that fails says so, and does not keep the others from being made. */
export async function examined(name: string, check: Check, context: CheckContext): Promise<Finding[]> {
  try {
    return await check(context);
  } catch (error) {
    return [{ level: 'warning', text: `could not look at ${name}: ${messageOf(error)}` }];
  }
}

const ADDRESS =
  /^(the quotes around )?OTEL_EXPORTER_OTLP_(\w+_)?(ENDPOINT|PROTOCOL)\b(?! is set)|^http\S+ is asked for/;

/** What becomes of telemetry, in a sentence, and what to do where it is lost. */
interface Verdict {
  readonly text: string;
  readonly mend?: string | undefined;
}

function verdictOf(found: readonly Finding[], context: CheckContext): Verdict {
  const { app, options } = context;
  const unrecorded = found.find(({ stops }) => stops === 'recording');
  if (unrecorded !== undefined)
    return { text: `nothing will be recorded, because ${unrecorded.text}`, mend: unrecorded.mend };
  // The first to register gets everything, and what is preloaded stands first.
  const [first] = app.starts;
  const isOther = first?.isPreloaded || app.starts.every(({ isAnnotel }) => !isAnnotel);
  if (first !== undefined && !first.isAnnotel && isOther) {
    return {
      text: `decorated calls will be recorded by ${first.by}, which ${first.where} starts, and go where it sends them`,
    };
  }
  const unanswered = found.find(({ stops }) => stops === 'sending');
  // Why nothing answers at an address may be that it is not the one that was meant.
  const unsent =
    unanswered && (found.find(({ level, text }) => level === 'problem' && ADDRESS.test(text)) ?? unanswered);
  if (unsent !== undefined) return { text: `nothing will be sent, because ${unsent.text}`, mend: unsent.mend };
  const untraced = found.find(({ stops }) => stops === 'traces');
  if (untraced !== undefined) return { text: `no traces will be sent, because ${untraced.text}`, mend: untraced.mend };
  if (!isSending(options)) {
    return {
      text: 'nothing will be sent: no destination is configured, and finished traces are printed on the console',
      mend: 'OTEL_EXPORTER_OTLP_ENDPOINT=http://your-collector:4318, or APPLICATIONINSIGHTS_CONNECTION_STRING',
    };
  }
  const places = new Map<string, string[]>();
  for (const signal of SIGNALS) {
    const place = placesOf(signal, context).replace(/\/v1\/\w+(?=\?|,|$)/g, '');
    places.set(place, [...(places.get(place) ?? []), signal]);
  }
  const parts = [...places].map(
    ([place, signals]) => `${signals.join(', ')} ${place === 'nowhere' ? '' : 'to '}${place}`,
  );
  const { serviceName = 'unknown_service:node', serviceVersion = '' } = options.resource;
  return { text: `telemetry of ${`${serviceName} ${serviceVersion}`.trim()} will be sent: ${parts.join('; ')}` };
}

/** Whether telemetry has no destination, as far as can be known. */
function isUnsent({ app, options }: CheckContext): boolean {
  const names = app.envFiles.flatMap(({ variables }) => Object.keys(variables));
  const isOwn = app.starts.every(({ isAnnotel, isUsed }) => isAnnotel || !isUsed);
  return !isSending(options) && !names.some(isTelemetryVariable) && isOwn;
}

function verdictOfRun(watched: AppRun, findings: readonly Finding[]): Verdict {
  const unrecorded = findings.find(({ stops }) => stops === 'recording');
  if (unrecorded !== undefined) return { text: `nothing was recorded: ${unrecorded.text}`, mend: unrecorded.mend };
  const sent = sentInWords(watched);
  if (sent !== undefined) return { text: sent };
  const reason =
    findings.find(({ level }) => level === 'problem') ??
    findings.find(({ text }) => text.startsWith('annotel says: cannot export')) ??
    findings.find(({ mend }) => mend !== undefined);
  return { text: reason?.text ?? `nothing was sent ${inTime(watched)}`, mend: reason?.mend };
}

function inText(
  verdict: Verdict,
  settings: readonly Setting[],
  findings: Readonly<Record<string, readonly Finding[]>>,
  isAll: boolean,
  printed: readonly string[] = [],
): string {
  const shown = Object.entries(findings).flatMap(([name, list]) => {
    const wanted = list.filter(({ level }) => isAll || level !== 'ok' || name === 'run');
    return wanted.map(({ level, text, mend }) =>
      [`${MARKS[level]} ${name}: ${text}`, ...(mend === undefined ? [] : [`    → ${mend}`])].join('\n'),
    );
  });
  const changed = settings.filter(({ source }) => isAll || (source !== 'default' && source !== 'package.json'));
  const widest = Math.max(0, ...changed.map(({ name }) => name.length));
  const rows = changed.map(({ name, value, source }) => `  ${name.padEnd(widest)}  ${value}  (${source})`);
  const parts = [
    [verdict.text, ...(verdict.mend === undefined ? [] : [`    → ${verdict.mend}`])],
    shown,
    rows.length > 0 ? [isAll ? 'configuration' : 'not the default', ...rows] : [],
    printed.length > 0 ? ['the app printed', ...printed.slice(-MOST_LINES).map((line) => `  | ${line}`)] : [],
    [summary(Object.values(findings).flat())],
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const problems = count('problem');
  const warnings = count('warning');
  const noted = warnings === 0 ? '' : `, ${warnings} to look at`;
  const told = problems === 0 ? 'nothing is wrong' : `${problems} ${problems === 1 ? 'problem' : 'problems'}`;
  return `${told}${noted}; ${count('ok')} things are in order (--all shows them, and every default)`;
}
