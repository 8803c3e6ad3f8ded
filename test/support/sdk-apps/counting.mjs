// Counts once, and runs on.
import { metrics } from '@opentelemetry/api';

metrics.getMeter('app').createCounter('app.count').add(1, { worker: process.pid });
console.log('counted');
setInterval(() => {}, 1000);
