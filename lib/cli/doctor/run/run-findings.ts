import { isBesideApp } from '../../../sdk/launchers.js';
import { mendOf } from '../checks/endpoints.js';
import { ofWarning } from '../checks/variables.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import type { ExportRequest, Report } from './report.js';
import type { AppRun } from './run.js';

const MOST_NAMED = 5;
/** What a path of OTLP takes. */
const KINDS: readonly (readonly [path: RegExp, item: string])[] = [
  [/\/v1\/traces$|TraceService\/Export$/, 'span'],
  [/\/v1\/metrics$|MetricsService\/Export$/, 'metric'],
  [/\/v1\/logs$|LogsService\/Export$/, 'log record'],
];

/**
 * What a run has shown, in the order in which telemetry comes about.
 *
 * @param cause why telemetry is lost, where that is known without a run
 */
export function runFindings(run: AppRun, startMend: string, cause?: Finding): Finding[] {
  const reports = reportsOfApp(run);
  if (reports.length === 0) {
    return [problem(`no process of Node came up by: ${run.command}`, `it said: ${lastWords(run)}`, 'recording')];
  }
  return [
    ...ending(run),
    ...registration(reports, (cause && keepsFromRecording(cause) && cause.mend) || startMend),
    ...ownWords(run),
    ...patches(reports, cause),
    ...decorated(reports),
    ...sent(run, reports, cause),
  ];
}

/** Whether nothing registers because of it: a missing exporter of Azure alone leaves nothing to register. */
export function keepsFromRecording({ stops }: Finding): boolean {
  return typeof stops === 'object' ? stops.by === 'azure' : stops === 'app' || stops === 'recording';
}

/** One sentence about what was sent; `undefined` where nothing was. */
export function sentInWords(run: AppRun): string | undefined {
  const { reports, isReceivedHere } = run;
  const taken = reports.flatMap(({ requests }) => requests).filter(({ isAccepted }) => isAccepted);
  if (taken.length === 0) return undefined;
  const places = [...new Set(taken.map(({ to }) => originOf(to)))].join(', ');
  const where = isReceivedHere ? 'to a receiver of the doctor, as no destination is configured' : `to ${places}`;
  return `telemetry was sent ${inTime(run)} ${where}: ${itemsInWords(taken)}`;
}

/** `in 5 s`. */
export function inTime({ seconds, exitCode }: AppRun): string {
  return exitCode === undefined ? `in ${seconds} s` : 'before it ended';
}

/** Those of its main threads that are not of what starts it; all where there are only such. */
function reportsOfApp({ reports }: AppRun): Report[] {
  const main = reports.filter(({ isMainThread }) => isMainThread);
  const own = main.filter((report) => !isBesideApp(report));
  return own.length > 0 ? own : main;
}

function ending({ command, exitCode, ...run }: AppRun): Finding[] {
  if (exitCode === undefined) return [ok(`ran for ${run.seconds} s, and was stopped: ${command}`)];
  if (exitCode === 0) return [ok(`ended by itself, with exit code 0: ${command}`)];
  return [
    problem(`the app ended by itself, with exit code ${exitCode}: ${command}`, `it said: ${lastWords(run)}`, 'app'),
  ];
}

function lastWords({ printed }: Pick<AppRun, 'printed'>): string {
  const errors = printed.filter((line) => /\b\w*(Error|Exception)\b.*:/.test(line));
  return (errors.at(-1) ?? printed.at(-1) ?? 'nothing').trim().slice(0, 300);
}

function registration(reports: readonly Report[], startMend: string): Finding[] {
  const registered = reports.find(({ providers }) => Object.keys(providers).length > 0);
  if (registered === undefined) {
    const loaded = reports.find(({ api }) => api !== undefined);
    const text =
      loaded === undefined
        ? 'nothing has registered with OpenTelemetry'
        : `OpenTelemetry's API ${loaded.api} is loaded, and no SDK has registered`;
    return [problem(`${text}, so no call is recorded`, startMend, 'recording')];
  }
  const { api, isAnnotel, providers } = registered;
  const who = Object.entries(providers).map(([signal, provider]) => `${signal} by ${provider}`);
  const by = isAnnotel
    ? 'annotel has started OpenTelemetry'
    : 'another OpenTelemetry SDK than that of annotel has registered';
  const findings = [ok(`${by} (API ${api}): ${who.join(', ')}`)];
  if (providers['traces'] === undefined) {
    findings.push(problem('no tracer provider is registered, so no spans are recorded', startMend, 'recording'));
  }
  return findings;
}

/** What annotel itself has said on stderr. */
function ownWords({ printed }: AppRun): Finding[] {
  const said = new Set(printed.flatMap((line) => /^annotel: (?!nothing is configured)(.*)$/.exec(line)?.[1] ?? []));
  return [...said].slice(0, MOST_NAMED).map((text) => {
    // It says itself what to do, but for variables.
    const { mend } = ofWarning(text);
    return {
      level: 'warning',
      text: `annotel says: ${text}`,
      ...(/allowed:|no known/.test(text) && mend && { mend }),
    };
  });
}

function patches(reports: readonly Report[], cause: Finding | undefined): Finding[] {
  const all = new Map(
    reports.flatMap(({ libraries, isAnnotel, providers }) =>
      // Others have ways of their own.
      libraries.map((library) => [
        `${library.name} ${library.version}`,
        { ...library, isOther: !isAnnotel && providers['traces'] !== undefined },
      ]),
    ),
  );
  return [...all].map(([name, { isPatched, isOther }]) => {
    if (isPatched) return ok(`${name} is patched, and traced`);
    if (isPatched === undefined || isOther) return ok(`${name} is loaded`);
    return problem(
      `${name} is loaded, and not patched: what it does is not traced`,
      (cause && keepsFromRecording(cause) && cause.mend) ||
        'load annotel/register before it: node --import annotel/register …',
    );
  });
}

function decorated(reports: readonly Report[]): Finding[] {
  const all = reports.flatMap((report) => report.decorated);
  const names = [...new Set(all.filter((name) => name !== ''))];
  if (all.length === 0) {
    return [
      warning('no decorated method or function was loaded', 'see that the app imports the classes with decorators'),
    ];
  }
  return [ok(`decorated methods and functions: ${all.length}${names.length > 0 ? ` (${listed(names)})` : ''}`)];
}

function sent(run: AppRun, reports: readonly Report[], cause: Finding | undefined): Finding[] {
  const requests = run.reports.flatMap((report) => report.requests);
  const findings: Finding[] = [];
  const byPlace = new Map<string, ExportRequest[]>();
  for (const request of requests) byPlace.set(request.to, [...(byPlace.get(request.to) ?? []), request]);
  for (const [to, all] of byPlace) {
    // What is taken at a second attempt has arrived.
    const arrived = new Set(all.filter(({ isAccepted }) => isAccepted).map(({ digest }) => digest));
    const refused = all.filter(({ isAccepted, digest }) => !isAccepted && !arrived.has(digest));
    const answers = [...new Set(refused.map(({ answer }) => answer ?? 'no answer'))].join(', ');
    const items = itemsInWords(all);
    if (refused.length === 0) findings.push(ok(`${to} took ${items}${named(all)}`));
    else {
      findings.push(
        problem(
          `${to} did not take ${itemsInWords(refused)} (${answers})${named(refused)}`,
          KINDS.some(([path]) => path.test(to)) || /HTTP \d/.test(answers)
            ? mendOf(answers)
            : 'see that this machine can reach it',
        ),
      );
    }
  }
  const spans = requests.flatMap(({ to, names }) => (KINDS[0]?.[0].test(to) ? Object.keys(names) : []));
  const isOtlp = requests.some(({ to }) => KINDS.some(([path]) => path.test(to)));
  const isRegistered = reports.some(({ providers }) => Object.keys(providers).length > 0);
  const isCrashed = run.exitCode !== undefined && run.exitCode !== 0;
  if (isCrashed) return findings;
  if (isRegistered && requests.length === 0) {
    const text = `nothing was sent ${inTime(run)}`;
    findings.push(
      cause === undefined
        ? warning(text, 'let it do some work while it runs, or longer: --seconds 30')
        : warning(`${text}, because ${cause.text}`, cause.mend ?? ''),
    );
  } else if (isRegistered && isOtlp && !spans.some((name) => name.startsWith('annotel: '))) {
    findings.push(
      warning(
        `no decorated call was recorded ${inTime(run)}`,
        cause?.mend ?? 'let it do some work while it runs (send it a request), or longer: --seconds 30',
      ),
    );
  }
  return findings;
}

/** `12 spans, 3 metrics`. */
function itemsInWords(all: readonly ExportRequest[]): string {
  const requests = onceEach(all);
  const parts = KINDS.flatMap(([path, kind]) => {
    const of = requests.filter(({ to }) => path.test(to));
    const count = of.reduce((sum, one) => sum + one.count, 0);
    return of.length > 0 ? [`${count} ${kind}${count === 1 ? '' : 's'}`] : [];
  });
  const others = requests.filter(({ to }) => !KINDS.some(([path]) => path.test(to)));
  if (others.length > 0) parts.push(`${others.length} ${others.length === 1 ? 'request' : 'requests'}`);
  return parts.join(', ');
}

/** What is sent once more counts once. */
function onceEach(requests: readonly ExportRequest[]): ExportRequest[] {
  return [...new Map(requests.map((request, index) => [request.digest || index, request])).values()];
}

function named(requests: readonly ExportRequest[]): string {
  const counts = new Map<string, number>();
  for (const { names } of onceEach(requests)) {
    for (const [name, count] of Object.entries(names)) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  const names = [...counts].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name));
  return names.length > 0 ? `: ${listed(names)}` : '';
}

function listed(names: readonly string[]): string {
  const rest = names.length > MOST_NAMED ? `, and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(', ')}${rest}`;
}

function originOf(to: string): string {
  return URL.canParse(to) ? new URL(to).origin : to;
}
