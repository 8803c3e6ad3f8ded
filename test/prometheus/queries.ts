/** A PromQL expression, and where it stands. */
export interface Query {
  readonly where: string;
  readonly expression: string;
  /** Labels that its legend or its annotations show. */
  readonly shown: readonly string[];
  /** Whether it is asked over a range of time, and not for now. */
  readonly isRange: boolean;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly instant?: boolean }[];
}

interface Variable {
  readonly name: string;
  readonly query: string | { readonly query: string };
}

/** The expressions of a Grafana dashboard: those of its panels, and what its variables list the labels of. */
export function dashboardQueries(json: string): Query[] {
  const dashboard = JSON.parse(json) as { panels: readonly Panel[]; templating: { list: readonly Variable[] } };
  const ofPanels = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat, instant = false }) => ({
      where: `panel "${title}"`,
      expression: expr,
      shown: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string),
      isRange: !instant,
    })),
  );
  const ofVariables = dashboard.templating.list.flatMap(({ name, query }) => {
    if (typeof query === 'string') return [];
    const [, metric, label] = query.query.match(/^label_values\((.+), (\w+)\)$/) ?? [];
    if (metric === undefined || label === undefined) throw new Error(`variable ${name} lists no labels`);
    return [
      { where: `variable ${name}`, expression: `count by (${label}) (${metric})`, shown: [label], isRange: false },
    ];
  });
  return [...ofVariables, ...ofPanels];
}

/** The expressions of a file of alert rules, which all stand as indented blocks. */
export function ruleQueries(yaml: string): Query[] {
  return yaml
    .split(/^ *- alert: /m)
    .slice(1)
    .map((rule) => {
      const [, indent = '', expression = ''] = rule.match(/\n( +)expr: \|\n((?:\1 +.*\n)+)/) ?? [];
      return {
        where: `alert ${rule.slice(0, rule.indexOf('\n'))}`,
        expression: expression.replaceAll(`\n${indent}  `, '\n').trim(),
        shown: [...rule.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string),
        isRange: false,
      };
    });
}

/**
 * The blocks of a page that are marked as PromQL, each by the heading that it stands under.
 *
 * @param semconv those that need this generation of names, where it is not the one by default
 */
export function pageQueries(markdown: string, semconv = ''): Query[] {
  const block = new RegExp(`^\`\`\`promql${semconv && ` ${semconv}`}\\n(.*?)^\`\`\``, 'gms');
  return markdown.split(/^## /m).flatMap((section) =>
    [...section.matchAll(block)].map(([, expression]) => ({
      where: `question "${section.slice(0, section.indexOf('\n'))}"`,
      expression: (expression as string).trim(),
      shown: [],
      isRange: false,
    })),
  );
}

/** What Grafana sends: everything is chosen but the job, and `window` is the range of time that is looked at. */
export function filledIn(expression: string, job: string, window: string): string {
  return expression
    .replaceAll(/\$__(rate_interval|range|interval)/g, window)
    .replaceAll('$job', job)
    .replaceAll(/\$(model|tenant|feature)/g, '.*');
}
