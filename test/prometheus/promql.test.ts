import { describe, expect, it } from '@jest/globals';
import { asByOtlp, seriesOn } from './exposition.js';
import { namesIn } from './promql.js';
import { filledIn, ruleQueries } from './queries.js';

describe('namesIn', () => {
  it.each<[expression: string, metrics: string[], labels: string[], groupings: string[]]>([
    ['up', ['^up$'], [], []],
    ['a:b_total{c="d", e!~"f.*"}', ['^a:b_total$'], ['c', 'e'], []],
    ['{__name__=~"a(_seconds)?_count", b="c"}', ['^(?:a(_seconds)?_count)$'], ['b'], []],
    ['{__name__="a"}', ['^(?:a)$'], [], []],
    ['sum by (a, le) (rate(b[5m] offset 1h))', ['^b$'], [], ['a', 'le']],
    ['sum(rate(b{c="}"}[$__rate_interval])) without (d)', ['^b$'], ['c'], ['d']],
    ['a / ignoring (b) group_left () c or d > bool 1e3', ['^a$', '^c$', '^d$'], [], ['b']],
    ['histogram_quantile(0.95, sum(a_bucket) by (le)) == 0.5 # and b\n+ c', ['^a_bucket$', '^c$'], [], ['le']],
    ['1h + 0x1F - Inf', [], [], []],
  ])('%s', (expression, metrics, labels, groupings) => {
    const names = namesIn(expression);
    expect(names.selectors.map((selector) => selector.metrics.source)).toEqual(metrics);
    expect(names.selectors.flatMap((selector) => selector.labels)).toEqual(labels);
    expect(names.groupings).toEqual(groupings);
  });

  it.each(['{a="b"}', '{__name__!="a"}'])('refuses %s, which names no metric', (expression) => {
    expect(() => namesIn(expression)).toThrow('names no metric');
  });
});

const PAGE = `# HELP calls_total Calls.
# UNIT calls_total {call}
# TYPE calls_total counter
calls_total{a="1",b="x } y"} 2
calls_total{a="2"} 3
# UNIT duration s
# TYPE duration histogram
duration_count 1
duration_bucket{le="0.5"} 1
# UNIT cost_total USD
cost_total 0.5
`;

describe('a page of metrics', () => {
  it('has series with labels', () => {
    expect([...seriesOn(PAGE)]).toEqual([
      ['calls_total', new Set(['a', 'b'])],
      ['duration_count', new Set()],
      ['duration_bucket', new Set(['le'])],
      ['cost_total', new Set()],
    ]);
  });

  it('has units in its names where it comes by OTLP', () => {
    expect([...seriesOn(asByOtlp(PAGE)).keys()]).toEqual([
      'calls_total',
      'duration_seconds_count',
      'duration_seconds_bucket',
      'cost_USD_total',
    ]);
    expect(asByOtlp(PAGE)).toContain('# TYPE duration_seconds histogram');
  });
});

describe('queries', () => {
  it('are filled in as Grafana does', () => {
    expect(filledIn('rate(a{job=~"$job", b=~"$tenant"}[$__rate_interval])', 'rag', '30s')).toBe(
      'rate(a{job=~"rag", b=~".*"}[30s])',
    );
  });

  it('of rules are read with what they show', () => {
    const rule = `  - alert: A\n    expr: |\n      up\n        > 1\n    for: 5m\n    annotations:\n      s: '{{ $labels.b }}'\n`;
    expect(ruleQueries(`groups:\n${rule}`)).toEqual([
      { where: 'alert A', expression: 'up\n  > 1', shown: ['b'], isRange: false },
    ]);
  });
});
