import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestContext } from 'annotel';
import { Jobs } from './jobs.js';
import { Model } from './model.js';

/** Takes jobs from the queue. Each one is done in the trace, and for the tenant, of the request that sent it. */
const model = new Model();
const jobs = Jobs.connect('worker');
await jobs.take(async ({ task, text }) => {
  await model.say(`${task}: ${text}`);
  console.log(`worker: did "${task}" for ${requestContext().tenantId}`);
});

const health = createServer((_request, response) => response.end('ok'));
health.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Worker: health at http://127.0.0.1:${(health.address() as AddressInfo).port}/`);
});
process.once('SIGTERM', async () => {
  await jobs.close();
  health.close();
});
