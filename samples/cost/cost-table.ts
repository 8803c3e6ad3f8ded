import type { MetricData } from '@opentelemetry/sdk-metrics';

const COLUMNS = ['tenant', 'feature', 'model', 'calls', 'tokens in', 'tokens out', 'cost'];

interface Row {
  readonly names: string[];
  calls: number;
  tokensIn: number;
  tokensOut: number;
  cost: number;
}

const COST = 'annotel.cost';
const DURATION = 'gen_ai.client.operation.duration';
const TOKENS = 'gen_ai.client.token.usage';
const DIMENSIONS = ['annotel.tenant.id', 'annotel.feature.id', 'gen_ai.request.model'];

/** What each tenant's use of each feature took and cost, by model, as the metrics tell it. */
export function costTable(metrics: readonly MetricData[]): string {
  const rows = new Map<string, Row>();
  for (const { descriptor, dataPoints } of metrics) {
    if (![COST, DURATION, TOKENS].includes(descriptor.name)) continue;
    for (const { attributes, value } of dataPoints) {
      const names = DIMENSIONS.map((name) => String(attributes[name] ?? '-'));
      const row = rows.get(names.join()) ?? { names, calls: 0, tokensIn: 0, tokensOut: 0, cost: 0 };
      // The cost is a counter, the others are histograms.
      if (typeof value === 'number') row.cost += value;
      else if (descriptor.name === DURATION) row.calls += value.count;
      else if (attributes['gen_ai.token.type'] === 'input') row.tokensIn += value.sum ?? 0;
      else row.tokensOut += value.sum ?? 0;
      rows.set(names.join(), row);
    }
  }
  const currency = metrics.find(({ descriptor }) => descriptor.name === COST)?.descriptor.unit ?? '';
  const cells = [...rows.values()]
    .sort((a, b) => (a.names.join() < b.names.join() ? -1 : 1))
    .map(({ names, calls, tokensIn, tokensOut, cost }) => [
      ...names,
      ...[calls, tokensIn, tokensOut].map(String),
      `${cost.toFixed(7)} ${currency}`,
    ]);
  const total = [...rows.values()].reduce((sum, { cost }) => sum + cost, 0);
  return layOut([COLUMNS, ...cells, ['all', '', '', '', '', '', `${total.toFixed(7)} ${currency}`]]);
}

function layOut(rows: readonly string[][]): string {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
