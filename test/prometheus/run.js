/*
 * Puts dashboard, alert rules and page of queries before a real Prometheus: promtool checks and tests the rules; the server
 * scrapes a service that annotel observes, as it is and as if its metrics had come by OTLP, and is asked everything.
 * Prometheus is the one on the PATH, or Debian's package, unpacked under node_modules/.cache; where neither can be had, it
 * says so and ends well, with --required badly. Needs the built package. Usage: node test/prometheus/run.js [--required]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPrometheus } from './find-prometheus.js';
import { startFleet } from './fleet.js';
import { dashboardQueries, filledIn, pageQueries, ruleQueries } from './queries.ts';

const ROOT = dirname(dirname(import.meta.dirname));
const DASHBOARDS = join(ROOT, 'samples/dashboards');
const RULES = join(DASHBOARDS, 'alerts.yaml');
/** What the service does makes these rules true; the others are not, or need more time. */
const TRUE_RULES = ['ModelErrorRate', 'RetrievalsEmpty', 'TelemetryDropped'];

const found = findPrometheus(join(ROOT, 'node_modules/.cache/prometheus'));
if (found.missing) {
  console.log(`Not tested against Prometheus: ${found.missing}`);
  process.exit(process.argv.includes('--required') ? 1 : 0);
}

const promtool = (...args) => execFileSync(found.promtool, args, { cwd: DASHBOARDS, encoding: 'utf8' }).trim();
console.log(promtool('check', 'rules', RULES));
console.log(promtool('test', 'rules', 'alerts.test.yaml'));

const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const onDashboard = dashboardQueries(read('samples/dashboards/grafana.json'));
const asked = [
  ...['scraped', 'otlp'].flatMap((job) =>
    onDashboard.map(({ expression, ...query }) => ({
      ...query,
      where: `${query.where} (${job})`,
      expression: filledIn(expression, job, '1m'),
    })),
  ),
  ...pageQueries(read('docs/queries.md')),
];

const failures = [];
await using fleet = await startFleet(found.prometheus, RULES);
const { version } = await fleet.api('status/buildinfo');
await fleet.hasScraped(10);

for (const { where, expression, isRange } of asked) {
  try {
    const { result } = isRange ? await fleet.range(expression) : await fleet.api('query', { query: expression });
    if (result.length === 0) failures.push(`${where}: no data for ${expression}`);
  } catch (error) {
    failures.push(`${where}: ${error.message}: ${expression}`);
  }
}

const { groups } = await fleet.evaluatedRules();
const rules = groups.flatMap((group) => group.rules);
for (const { name, health, lastError } of rules) {
  if (health !== 'ok') failures.push(`alert ${name}: ${health} ${lastError ?? ''}`);
}
for (const name of TRUE_RULES) {
  if (rules.find((rule) => rule.name === name)?.state === 'inactive') failures.push(`alert ${name}: is not true`);
}
const written = ruleQueries(read('samples/dashboards/alerts.yaml')).length;
if (rules.length !== written) failures.push(`${rules.length} of ${written} alert rules were loaded`);

for (const failure of failures) console.error(failure);
console.log(
  `Prometheus ${version}: ${asked.length} queries asked, ${rules.length} rules loaded, ${failures.length} failures`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
