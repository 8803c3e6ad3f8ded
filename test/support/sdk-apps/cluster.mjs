// Forks as many workers as it is told, each of which counts once.
import cluster from 'node:cluster';
import { metrics } from '@opentelemetry/api';

if (cluster.isPrimary) {
  const workers = Array.from({ length: Number(process.argv[2]) }, () => cluster.fork());
  process.on('SIGTERM', () => {
    for (const worker of workers) worker.kill();
    process.exit();
  });
} else {
  metrics.getMeter('app').createCounter('app.count').add(1, { worker: process.pid });
  console.log('worker', process.pid);
  setInterval(() => {}, 1000);
}
