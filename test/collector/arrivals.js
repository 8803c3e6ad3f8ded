import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './collectors.js';

/**
 * What arrived, at one back end for each gateway, so that it shows which gateway a span came by. `traces` maps the id of a trace to
 * its `spans` by id, the `gateways` it came by, and how many spans came more than once (`doubled`). `logs` are records with their
 * `trace` and `gateway`; `writers` maps each process that sent metrics to the gateways by which they came.
 */
export async function backEnds(count) {
  const ports = await freePorts(count);
  const traces = new Map();
  const logs = [];
  const writers = new Map();
  let lastArrival = Date.now();
  const sinks = ports.map(() => undefined);
  await Promise.all(ports.map((_, gateway) => open(gateway)));
  return { addresses: ports.map((port) => `127.0.0.1:${port}`), traces, logs, writers, open, close, quiet };

  async function open(gateway) {
    const sink = fork(join(import.meta.dirname, 'sink.js'), [String(ports[gateway])]);
    sinks[gateway] = sink;
    await once(sink, 'message');
    sink.on('message', ({ spans = [], logs: records = [], writers: instances = [] }) => {
      if (spans.length > 0) lastArrival = Date.now();
      for (const span of spans) take(span, gateway);
      for (const record of records) logs.push({ ...record, gateway });
      for (const instance of instances) writers.set(instance, new Set(writers.get(instance)).add(gateway));
    });
  }

  /** From now on it takes nothing; what it took is counted. */
  async function close(gateway) {
    const over = once(sinks[gateway], 'exit');
    sinks[gateway].send('close');
    await over;
  }

  function take(span, gateway) {
    const trace = traces.get(span.trace) ?? { spans: new Map(), gateways: new Set(), doubled: 0 };
    traces.set(span.trace, trace);
    if (trace.spans.has(span.id)) trace.doubled++;
    trace.spans.set(span.id, span);
    trace.gateways.add(gateway);
  }

  /** Resolves when nothing has arrived for so many milliseconds. */
  async function quiet(milliseconds) {
    lastArrival = Date.now();
    while (Date.now() - lastArrival < milliseconds) await sleep(200);
  }
}
