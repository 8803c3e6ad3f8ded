import { SIGNALS } from '../../sdk/configuration/exporting.js';
import type { Signal } from '../../sdk/export/signal.js';
import { exportersIn, placeOf } from './effective-configuration.js';
import type { CheckContext, Finding, Loss } from './finding.js';
import type { AppRun } from './run/run.js';
import { inTime, keepsFromRecording, sentInWords } from './run/run-findings.js';

/** What becomes of telemetry, in a sentence, and what to do where it is lost. */
export interface Verdict {
  readonly text: string;
  readonly mend?: string | undefined;
  /** What loses all of telemetry, or a part. */
  readonly cause?: Finding | undefined;
  /** Whether some of it arrives. */
  readonly isSent: boolean;
}

/** Of several reasons the first one counts: findings come in the order in which telemetry needs what they are about. */
export function verdictOf(found: readonly Finding[], context: CheckContext): Verdict {
  const { app, options } = context;
  const unrun = found.find(({ stops }) => stops === 'app');
  if (unrun !== undefined) return lost('the app will not run, because', unrun);
  const unrecorded = found.find(({ stops }) => stops === 'recording');
  if (unrecorded !== undefined) return lost('nothing will be recorded, because', unrecorded);
  if (app.starts.length === 0 && app.commands.length === 0) {
    const text = 'no app is started in this folder: what becomes of telemetry is up to whatever starts one';
    return { text, isSent: true };
  }
  // The first to register gets everything, and what is preloaded stands first.
  const [first] = app.starts;
  const isOther = first?.isPreloaded || app.starts.every(({ isAnnotel }) => !isAnnotel);
  if (first !== undefined && !first.isAnnotel && isOther) {
    const text = `decorated calls will be recorded by ${first.by}, which ${first.where} starts, and go where it sends them`;
    return { text, isSent: true };
  }
  const routes = SIGNALS.flatMap((signal) => exportersIn(options, signal).map((by) => ({ signal, by })));
  if (routes.length === 0) return undirected(found);
  const losses = found.flatMap((finding) => (isPartial(finding.stops) ? [{ finding, ...finding.stops }] : []));
  const lossOf = (route: Route) =>
    losses.find(({ signals, by = route.by }) => signals.includes(route.signal) && by === route.by);
  const kept = routes.filter((route) => lossOf(route) === undefined);
  const [gone] = routes.filter((route) => lossOf(route) !== undefined);
  const cause = gone && explained(lossOf(gone)?.finding as Finding, found);
  if (cause !== undefined && kept.length === 0) return lost('nothing will be sent, because', cause);
  const isKept = (signal: Signal) => kept.some((route) => route.signal === signal);
  const goneSignals = SIGNALS.filter((signal) => !isKept(signal) && routes.some((route) => route.signal === signal));
  if (cause !== undefined && goneSignals.length > 0) {
    const beginning = `${SIGNALS.filter(isKept).join(' and ')} will be sent, ${goneSignals.join(' and ')} will not, because`;
    return { ...lost(beginning, cause), isSent: true };
  }
  const { serviceName = 'unknown_service:node', serviceVersion = '' } = options.resource;
  const sent = `telemetry of ${`${serviceName} ${serviceVersion}`.trim()} will be sent: ${inPlaces(kept, context)}`;
  if (gone === undefined || cause === undefined) return { text: sent, isSent: true };
  return { ...lost(`${sent}; but not to ${placeOf(gone.signal, gone.by, context)}, because`, cause), isSent: true };
}

interface Route {
  readonly signal: Signal;
  readonly by: string;
}

function lost(beginning: string, cause: Finding): Verdict {
  return { text: `${beginning} ${cause.text}`, mend: cause.mend, cause, isSent: false };
}

function isPartial(stops: Loss | undefined): stops is Exclude<Loss, string> {
  return typeof stops === 'object';
}

function inPlaces(routes: readonly Route[], context: CheckContext): string {
  const all = new Map<string, Signal[]>();
  for (const signal of SIGNALS) {
    const places = routes
      .filter((route) => route.signal === signal)
      .map(({ by }) => placeOf(signal, by, context).replace(/\/v1\/\w+(?=\?|$)/, ''));
    const place = places.length > 0 ? `to ${places.join(', ')}` : 'nowhere';
    all.set(place, [...(all.get(place) ?? []), signal]);
  }
  return [...all].map(([place, signals]) => `${signals.join(', ')} ${place}`).join('; ');
}

const MEANT =
  /^(\S+: )?(\w+ is no known variable.* (OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT|OTEL_\w+_EXPORTER|APPLICATIONINSIGHTS_\w+)\?$|OTEL_\w+_EXPORTER=|(the \w+ in )?AP\w*_CONNECTION_STRING|the \w+ in APPLICATIONINSIGHTS)|but annotel reads APPLICATIONINSIGHTS|^no destination is configured, though/;

/** Where nothing has a destination: why the one that was meant is none. */
function undirected(found: readonly Finding[]): Verdict {
  const cause =
    found.find(({ stops }) => stops === 'sending') ??
    found.find(({ level, text }) => level === 'problem' && MEANT.test(text));
  if (cause !== undefined) return lost('nothing will be sent, because', cause);
  return {
    text: 'nothing will be sent: no destination is configured, and finished traces are printed on the console',
    mend: 'OTEL_EXPORTER_OTLP_ENDPOINT=http://your-collector:4318, or APPLICATIONINSIGHTS_CONNECTION_STRING',
    // Of a run it is all the same said: that has a destination.
    cause: found.find(({ stops }) => isPartial(stops) && stops.by === undefined),
    isSent: false,
  };
}

const ADDRESS =
  /^(the quotes around )?OTEL_EXPORTER_OTLP_(\w+_)?(ENDPOINT|PROTOCOL)\b(?! is set)|^http\S+ is asked for|^\w+ is no known .* OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT\?$/;
const CREDENTIALS = /^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS\b|^\w+ is no known .* OTEL_EXPORTER_OTLP_(\w+_)?HEADERS\?$/;

/** Why nothing answers may be that the address is not the one that was meant; why it is refused, that a header is missing. */
function explained(cause: Finding, found: readonly Finding[]): Finding {
  if (!isPartial(cause.stops) || cause.stops.by !== 'otlp') return cause;
  const isRefused = /HTTP 40[13]|gRPC (16|7)\b/.test(cause.text);
  const sign = isRefused ? CREDENTIALS : ADDRESS;
  const other = found.find(({ level, text }) => level === 'problem' && sign.test(text));
  if (other === undefined) return cause;
  return isRefused ? { ...other, text: `${cause.text}, and ${other.text}` } : other;
}

/** @param before what was to be expected without running it */
export function verdictOfRun(watched: AppRun, findings: readonly Finding[], { cause }: Verdict): Verdict {
  const crash = findings.find(({ stops }) => stops === 'app');
  const sent = sentInWords(watched);
  if (crash !== undefined) {
    // It may have crashed of something else.
    const isKnown = typeof cause?.stops === 'string' && /annotel|opentelemetry|SyntaxError/.test(crash.mend ?? '');
    const known = isKnown ? `; ${cause.mend}` : '';
    return { text: crash.text, mend: `${crash.mend}${known}`, cause: crash, isSent: sent !== undefined };
  }
  const unrecorded = findings.find(({ stops }) => stops === 'recording');
  if (unrecorded !== undefined) {
    const isKnown = cause !== undefined && keepsFromRecording(cause);
    return isKnown ? lost('nothing was recorded, because', cause) : lost('nothing was recorded:', unrecorded);
  }
  if (sent !== undefined) {
    const isTraced = watched.reports.some(({ requests }) => requests.some(({ to }) => /trace/i.test(to)));
    if (isTraced || !isPartial(cause?.stops)) return { text: sent, isSent: true };
    return { ...lost(`${sent}; but no traces, because`, cause as Finding), isSent: true };
  }
  // What was refused really is better known by now.
  const isAnswer = isPartial(cause?.stops) && cause.stops.by === 'otlp';
  if (cause !== undefined && !isAnswer) return lost(`nothing was sent ${inTime(watched)}, because`, cause);
  const reason =
    findings.find(({ level }) => level === 'problem') ??
    findings.find(({ text }) => text.startsWith('annotel says: cannot export')) ??
    findings.find(({ mend }) => mend !== undefined);
  return { text: reason?.text ?? `nothing was sent ${inTime(watched)}`, mend: reason?.mend, isSent: false };
}
