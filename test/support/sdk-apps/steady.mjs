// Ends so many spans a second, numbered, in even steps: `steady.mjs {name} {per second} {in all}`. Says every second how
// many there were, and where memory stands.
import { trace } from '@opentelemetry/api';

const [name, perSecond, inAll] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const tracer = trace.getTracer('steady');
const started = performance.now();
let made = 0;
let second = 0;

const beat = setInterval(() => {
  const due = Math.min(inAll, ((performance.now() - started) / 1000) * perSecond);
  for (; made < due; made += 1) tracer.startSpan(`${name} ${made}`, { attributes: { 'app.number': made } }).end();
  if (performance.now() - started > second * 1000) {
    second += 1;
    console.log(`made ${made} rss ${Math.round(process.memoryUsage().rss / 1e6)}`);
  }
  if (made < inAll) return;
  clearInterval(beat);
  console.log(`made ${made} in all`);
}, 20);
