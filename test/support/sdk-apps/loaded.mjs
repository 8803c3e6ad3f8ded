// A service for requests from outside: `loaded.mjs {own handling of signals} {file}`. Each span that has ended is written
// to the file before anything else can happen, so that what the process knew when it was killed is known.
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import { Traced } from 'annotel';

const [, , handling, file] = process.argv;
const ledger = openSync(file, 'a');

// The SDK's own class, which nothing exports: whatever becomes of a span after its end, it is in the ledger.
const probe = trace.getTracer('probe').startSpan('probe');
const proto = Object.getPrototypeOf(probe);
const { end } = proto;
proto.end = function (...args) {
  end.apply(this, args);
  const { traceId, spanId, traceFlags } = this.spanContext();
  writeSync(
    ledger,
    `${traceId} ${spanId} ${traceFlags & 1 ? 'sampled' : 'unsampled'} ${this.status.code === 2 ? 'error' : 'ok'}\n`,
  );
};
probe.end();

const step = Traced('step')(async (millis) => sleep(millis));
const fail = Traced('fail')(async () => {
  await sleep(1);
  throw new Error('one in fifty');
});
const work = Traced('work')(async () => {
  await step(1 + Math.random() * 10);
  await Promise.all([step(Math.random() * 20), step(Math.random() * 5)]);
  if (Math.random() < 0.02) await fail();
  return 'done';
});

if (handling === 'nest') await serveByNest();
else serve();

function serve() {
  const server = createServer((_request, response) => {
    work().then(
      (answer) => response.end(answer),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
  if (handling === 'exits') process.on('SIGTERM', () => process.exit(0));
  if (handling === 'closes') process.on('SIGTERM', () => server.close(() => process.exit(0)));
}

async function serveByNest() {
  await import('reflect-metadata');
  const { Controller, Get, Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  // Decorated by hand, so that Node can run this as it is.
  class Works {
    get() {
      return work();
    }
  }
  Get()(Works.prototype, 'get', Object.getOwnPropertyDescriptor(Works.prototype, 'get'));
  Controller()(Works);
  class AppModule {}
  Module({ controllers: [Works] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log(`port ${new URL(await app.getUrl()).port}`);
}
