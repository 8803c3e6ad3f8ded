// Ways to end, named by the first argument, in the same turn in which a span has ended.
import { isMainThread, Worker } from 'node:worker_threads';
import { trace } from '@opentelemetry/api';

const tracer = trace.getTracer('app');
const span = (name) => tracer.startSpan(name).end();
const fails = () => {
  throw new Error('nobody catches this');
};

const endings = {
  'exit listener': () => {
    process.on('exit', () => span('in listener'));
    // Listeners of `exit` are one turn old, as they are in real apps.
    setTimeout(() => process.exit(3));
  },
  'exit in listener': () => {
    process.on('exit', () => process.exit(4));
    setTimeout(() => process.exit(3));
  },
  'exit code': () => {
    process.exitCode = 6;
    process.exit();
  },
  'uncaught listener': () => {
    process.on('uncaughtException', ({ message }) => {
      console.log(message);
      span('after');
    });
    setTimeout(fails);
  },
  rejection: () => {
    Promise.reject(new Error('nobody catches this'));
  },
  worker: () => {
    if (!isMainThread) process.exit(2);
    new Worker(new URL(import.meta.url), { argv: ['worker'] }).on('exit', (code) => console.log(`worker ${code}`));
  },
  cluster: async () => {
    const { default: cluster } = await import('node:cluster');
    if (cluster.isPrimary) cluster.fork().on('exit', (code) => console.log(`forked ${code}`));
    else process.exit(2);
  },
  flush: async () => {
    const { startTelemetry } = await import('annotel/sdk');
    const waiting = tracer.startSpan('running');
    await startTelemetry().flush();
    console.log('flushed');
    setTimeout(() => waiting.end(), 60_000);
  },
};

span('work');
endings[process.argv[2]]();
