/** Label names by the name of the series that have them, of a page in Prometheus' text format. */
export function seriesOn(page: string): Map<string, Set<string>> {
  const series = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of page.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? [^ ]+$/gm)) {
    const known = series.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
    series.set(name, known);
  }
  return series;
}

const UNITS: Readonly<Record<string, string>> = { s: 'seconds' };

/**
 * The page as it would be if its metrics had come by OTLP: the unit stands in the name, before `_total`, unless it is one in
 * braces (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/).
 */
export function asByOtlp(page: string): string {
  const renamed = new Map<string, string>();
  for (const [, name = '', unit = ''] of page.matchAll(/^# UNIT (\S+) (\S+)$/gm)) {
    if (unit.startsWith('{')) continue;
    const [, stem, total = ''] = name.match(/^(.*?)(_total)?$/) ?? [];
    renamed.set(name, `${stem}_${UNITS[unit] ?? unit}${total}`);
  }
  return page.replaceAll(/^(# \w+ )?([a-zA-Z_:][\w:]*)/gm, (line, comment: string | undefined, name: string) => {
    const [, stem = name, suffix = ''] = name.match(/^(.*?)(_bucket|_sum|_count)?$/) ?? [];
    const to = renamed.get(name) ?? (renamed.has(stem) ? `${renamed.get(stem)}${suffix}` : undefined);
    return to === undefined ? line : `${comment ?? ''}${to}`;
  });
}
