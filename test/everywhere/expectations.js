/*
 * What cells should send and say. Each returns what the table shows, or throws.
 */

const ALL = ['spans', 'metrics', 'logs'];

/** The app has run, and the calls of `program.js` have arrived. Nothing was complained of, unless `says` looks for it. */
export function recorded({
  signals = ALL,
  names = { outer: 'Shop.answer', inner: 'chat gpt-4o-mini' },
  says,
  mayWarn = false,
  hasEventNames = true,
  calls = 1,
} = {}) {
  return (seen) => {
    unharmed(seen);
    const warnings = seen.output.split('\n').filter((line) => /annotel: |rror: /.test(line));
    if (says) said(seen, says);
    else check(warnings.length <= (mayWarn ? 1 : 0), 'it complained');
    const { spans, metrics, logs } = seen.heard;
    if (signals.includes('spans')) {
      const inner = first(spans, names.inner, calls);
      const outer = first(spans, names.outer, calls);
      check(inner.traceId === outer.traceId && inner.parent === outer.id, `${names.inner} is not below ${names.outer}`);
      check(inner.attributes['annotel.cost.amount'] > 0, 'the span has no cost');
      check(outer.seconds >= inner.seconds && inner.seconds >= 0 && outer.seconds < 60, `it took ${outer.seconds} s`);
    }
    if (signals.includes('metrics')) {
      for (const name of ['gen_ai.client.token.usage', 'gen_ai.client.operation.duration', 'annotel.cost']) {
        check(metrics.includes(name), `no metric ${name}`);
      }
    }
    if (signals.includes('logs')) {
      const log = logs.find(({ body }) => /ask succeeded$/.test(body));
      check(log, 'no log record of the model call');
      const traces = new Set(spans.map(({ traceId }) => traceId));
      check(traces.has(log.traceId) || !signals.includes('spans'), 'the log record is of no trace');
      const event = log.event ?? log.attributes['event.name'];
      check(
        !hasEventNames || event === 'gen_ai.client.inference.operation.details',
        `the log record is the event ${event}`,
      );
    }
    return [signals.join(', '), ...warnings].join('; ');
  };
}

/** The app has run, and a sentence was printed, once. Nothing need have been recorded. */
export function says(sentence) {
  return (seen) => {
    unharmed(seen);
    return said(seen, sentence);
  };
}

/** What the commands print has each of these. */
export function prints(...patterns) {
  return ({ output }) => {
    for (const pattern of patterns) check(pattern.test(output), `it did not print ${pattern}`);
    return 'as printed';
  };
}

export function check(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

function unharmed({ output }) {
  check(/^answered Tea\.$/m.test(output), 'the app has not answered');
}

function said({ output }, sentence) {
  const lines = output.split('\n').filter((line) => sentence.test(line));
  check(lines.length === 1, `it said ${lines.length} times ${sentence}`);
  return `says: ${lines[0].replace(/^.*annotel: /, '').slice(0, 100)}`;
}

/** Of all calls the first one. */
function first(spans, name, calls) {
  const named = spans.filter((span) => (name instanceof RegExp ? name.test(span.name) : span.name === name));
  check(named.length === calls, `${named.length} spans ${name}`);
  return named[0];
}
