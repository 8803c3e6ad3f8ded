import { join } from 'node:path';
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
import { effectiveConfiguration, type Setting } from './effective-configuration.js';
import type { Check, CheckContext, Finding } from './finding.js';
import { runApp } from './run/run.js';
import { runFindings } from './run/run-findings.js';
import { type Verdict, verdictOf, verdictOfRun } from './verdict.js';

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
  const app = new App(folder, environment().matching(/^/), command);
  const context: CheckContext = { app, timeout, ...optionsIn(app) };
  const watched =
    command === undefined ? undefined : await runApp(command, seconds, app.environment, isUnsent(context));
  const results = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => [name, await examined(name, check, context)] as const),
  );
  const expected = verdictOf(
    results.flatMap(([, list]) => list),
    context,
  );
  const run = watched && runFindings(watched, startMend(app), expected.cause);
  const findings = { ...(run && { run }), ...Object.fromEntries(results) };
  const settings = effectiveConfiguration(context);
  const found = Object.values(findings).flat();
  const verdict = watched && run ? verdictOfRun(watched, run, expected) : expected;
  const problems = found.filter(({ level }) => level === 'problem').length;
  const text = json
    ? JSON.stringify(
        {
          verdict: { text: verdict.text, mend: verdict.mend },
          findings,
          settings,
          problems,
          ...(watched && { printed: watched.printed }),
        },
        null,
        2,
      )
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

/** Whether telemetry has no destination, as far as can be known. */
function isUnsent({ app, options }: CheckContext): boolean {
  const names = app.envFiles.flatMap(({ variables }) => Object.keys(variables));
  const isOwn = app.starts.every(({ isAnnotel, isUsed }) => isAnnotel || !isUsed);
  return !isSending(options) && !names.some(isTelemetryVariable) && isOwn;
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
    [summary(Object.values(findings).flat(), verdict)],
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function summary(findings: readonly Finding[], { isSent }: Pick<Verdict, 'isSent'>): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const problems = count('problem');
  const warnings = count('warning');
  const noted = warnings === 0 ? '' : `, ${warnings} to look at`;
  const isFine = isSent ? 'nothing is wrong' : 'nothing is wrong but that telemetry goes nowhere';
  const told = problems === 0 ? isFine : `${problems} ${problems === 1 ? 'problem' : 'problems'}`;
  return `${told}${noted}; ${count('ok')} things are in order (--all shows them, and every default)`;
}
