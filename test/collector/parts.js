import { setTimeout as sleep } from 'node:timers/promises';
import { DECISION_WAIT, fleet } from './fleet.js';
import { LEAKS, SPANS } from './traffic.js';

const PERCENT = 25;
/** From the end of a call until its spans are at a gateway, at most: the services' batch delay, and the queue of the agent. */
const UNDER_WAY = 2_500;

/** Nothing fails: what is kept, what is not, what it stands for, and what has been removed from it. */
export async function sampling(binary) {
  const { ends, requests, finish } = await fleet(binary, PERCENT);
  await sleep(20_000);
  await finish();
  const { byRule, ordinary, traces } = sorted(requests, ends.traces);
  const arrived = ordinary.filter(({ trace }) => traces.has(trace));
  const share = PERCENT / 100;
  const tolerance = 4 * Math.sqrt(ordinary.length * share * (1 - share));
  const weights = arrived.reduce((sum, { trace }) => sum + spanOf(traces, trace, 'Front.answer').weight, 0);
  const spans = [...traces.values()].flatMap((trace) => [...trace.spans.values()]);
  const answers = spans.filter(({ name }) => name === 'Front.answer');
  return [
    enough('requests answered', requests.length),
    ...['error', 'slow', 'expensive'].map((kind) => {
      const same = byRule.filter((request) => request.kind === kind);
      // A busy machine makes others slow as well, which is looked for first.
      const good = ({ trace }) =>
        isWhole(traces.get(trace)) && [kind, 'slow'].includes(spanOf(traces, trace, 'Front.answer').kept);
      return row(`${kind} traces, whole and marked`, same.length, same.filter(good).length);
    }),
    row(`of ${ordinary.length} others, ${PERCENT} %`, Math.round(ordinary.length * share), arrived.length, tolerance),
    row('  of these, whole', arrived.length, arrived.filter(({ trace }) => isWhole(traces.get(trace))).length),
    row('  what their weights add up to', ordinary.length, Math.round(weights), tolerance / share),
    row('traces that came by two gateways', 0, [...traces.values()].filter(({ gateways }) => gateways.size > 1).length),
    row('gateways in use', 2, new Set([...traces.values()].flatMap(({ gateways }) => [...gateways])).size),
    row('spans that came twice', 0, doubled(traces)),
    row(`spans with one of ${LEAKS.length} secrets`, 0, spans.filter(({ leaks }) => leaks.length > 0).length),
    enough('log records', ends.logs.length),
    row('  with one of the secrets', 0, ends.logs.filter(({ leaks }) => leaks.length > 0).length),
    row('traces whose log records are in two places', 0, apart(ends.logs)),
    row(
      'processes whose metrics are in one place',
      4,
      [...ends.writers.values()].filter(({ size }) => size === 1).length,
    ),
    row('answers with both secrets masked', answers.length, answers.filter(({ masked }) => masked === 2).length),
  ];
}

/** Everything that should not lose anything fails in turn, while the services go on. All is kept, so that all can be counted. */
export async function outage(binary) {
  const { agent, gateways, ends, requests, finish } = await fleet(binary, 100);
  await sleep(5_000);
  await Promise.all(gateways.map((gateway) => gateway.end()));
  await sleep(5_000);
  const asked = Date.now();
  await agent.end();
  const seconds = (Date.now() - asked) / 1000;
  await agent.start();
  await sleep(3_000);
  await agent.end('SIGKILL');
  await sleep(1_000);
  await agent.start();
  await sleep(5_000);
  await Promise.all(gateways.map((gateway) => gateway.start()));
  await sleep(5_000);
  await gateways[0].end();
  await sleep(10_000);
  await gateways[0].start();
  await sleep(2_000);
  await ends.close(1);
  await sleep(5_000);
  await gateways[1].end();
  await gateways[1].start();
  await ends.open(1);
  await sleep(3_000);
  const complaints = await finish();
  const missing = requests.filter(({ trace }) => !isWhole(ends.traces.get(trace)));
  return [
    enough('requests answered', requests.length),
    row('spans sent, and arrived', requests.length * SPANS.length, spanCount(requests, ends.traces)),
    row('traces that miss a span', 0, missing.length),
    // What is under way at a kill is sent again; sent again with each attempt, it would be a multiple.
    row('spans that came more than once', 0, doubled(ends.traces), (requests.length * SPANS.length) / 2),
    row('seconds until the agent ended, no gateway', 1, Math.round(seconds), 2),
    note('complaints of the services', complaints.split('\n').filter(Boolean).length),
  ];
}

/** What tail sampling cannot keep: a killed gateway loses the traces that wait for their verdict, and no others. */
export async function crash(binary) {
  const { gateways, ends, requests, finish } = await fleet(binary, 100);
  await sleep(8_000);
  const killed = Date.now();
  await gateways[0].end('SIGKILL');
  await sleep(2_000);
  await gateways[0].start();
  await sleep(6_000);
  await finish();
  const missing = requests.filter(({ trace }) => !isWhole(ends.traces.get(trace)));
  const waiting = ({ ended }) => ended > killed - DECISION_WAIT - UNDER_WAY && ended < killed + UNDER_WAY;
  return [
    enough('requests answered', requests.length),
    note('traces answered while verdicts were awaited', requests.filter(waiting).length),
    note('of these, lost or torn', missing.filter(waiting).length),
    row('others that miss a span', 0, missing.filter((request) => !waiting(request)).length),
  ];
}

/** Tail sampling over an update of both gateways: traces that are under way when one ends may be judged by what it has of them. */
export async function update(binary) {
  const { gateways, ends, requests, finish } = await fleet(binary, PERCENT);
  const cuts = [];
  await sleep(8_000);
  for (const gateway of gateways) {
    cuts.push(Date.now());
    await gateway.end();
    await sleep(2_000);
    await gateway.start();
    await sleep(8_000);
  }
  await finish();
  const { byRule, traces } = sorted(requests, ends.traces);
  const isCut = ({ started, ended }) => cuts.some((cut) => ended > cut - UNDER_WAY && started < cut + UNDER_WAY);
  const others = byRule.filter((request) => !isCut(request));
  const torn = byRule.filter((request) => isCut(request) && !isWhole(traces.get(request.trace)));
  return [
    enough('requests answered', requests.length),
    row('traces to keep, whole', others.length, others.filter(({ trace }) => isWhole(traces.get(trace))).length),
    note('traces to keep, under way at an end', byRule.filter(isCut).length),
    note('of these, torn or lost', torn.length),
  ];
}

/** Requests by whether a keep rule holds for them. An ordinary one that the machine made slow is neither. */
function sorted(requests, traces) {
  return {
    traces,
    byRule: requests.filter(({ kind }) => kind !== 'ordinary'),
    ordinary: requests.filter(({ kind, started, ended }) => kind === 'ordinary' && ended - started < 900),
  };
}

function apart(logs) {
  const places = new Map();
  for (const { trace, gateway } of logs) if (trace) places.set(trace, new Set(places.get(trace)).add(gateway));
  return [...places.values()].filter(({ size }) => size > 1).length;
}

function isWhole(trace) {
  const names = [...(trace?.spans.values() ?? [])].map(({ name }) => name).toSorted();
  return names.join() === SPANS.toSorted().join();
}

const spanOf = (traces, trace, name) =>
  [...(traces.get(trace)?.spans.values() ?? [])].find((s) => s.name === name) ?? {};
const spanCount = (requests, traces) =>
  requests.reduce((sum, { trace }) => sum + (traces.get(trace)?.spans.size ?? 0), 0);
const doubled = (traces) => [...traces.values()].reduce((sum, trace) => sum + trace.doubled, 0);

const row = (what, expected, counted, tolerance = 0) => ({
  what,
  expected: tolerance ? `${expected} ± ${Math.round(tolerance)}` : String(expected),
  counted,
  holds: Math.abs(counted - expected) <= tolerance,
});
const note = (what, counted) => ({ what, expected: '', counted, holds: true });
/** The other figures would say nothing of a handful. */
const enough = (what, counted) => ({ what, expected: '500 or more', counted, holds: counted >= 500 });
