// Calls both servers that it is told of in each way that there is, in a request context. The path names the way.
import http from 'node:http';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { withRequestContext } from 'annotel';

const [listed, other] = process.argv.slice(2);

const get = (url, options = {}) =>
  new Promise((resolve, reject) => {
    http.get(url, options, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
const post = (url) =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const request = http.request({ method: 'POST', host: hostname, port, path: pathname, headers: { own: 'header' } });
    request.on('response', (response) => response.resume().on('end', resolve)).on('error', reject);
    request.end('{}');
  });
const fetched = async (url, options) => (await fetch(url, options)).text();
const inSpan = (work) =>
  trace.getTracer('app').startActiveSpan('work', async (span) => {
    await work();
    span.end();
  });

await withRequestContext({ tenantId: 'acme', userId: 'u-1' }, async () => {
  const app = propagation.createBaggage({ plan: { value: 'gold' } });
  await context.with(propagation.setBaggage(context.active(), app), async () => {
    for (const server of [listed, other]) {
      const elsewhere = server === listed ? other : listed;
      await inSpan(async () => {
        await get(`${server}/http-get`);
        await get(new URL(`${server}/http-url`), { headers: { own: 'header' } });
        await post(`${server}/http-post`);
        await fetched(`${server}/fetch`, { headers: { own: 'header' } });
        await fetched(`${server}/redirect?to=${elsewhere}/fetch-redirected`, { headers: { own: 'header' } });
        await Promise.all([
          fetched(`${server}/at-once`),
          fetched(`${elsewhere}/at-once-elsewhere`),
          post(`${server}/at-once-http`),
        ]);
        await get(`${server}/proxied`, { path: `${elsewhere}/proxied` });
        // As an SDK does that writes the headers of its own request: to whom, nobody told.
        const headers = {};
        const ignored = context.with(suppressTracing(context.active()), () => fetched(`${server}/suppressed`));
        propagation.inject(context.active(), headers);
        await ignored;
        await context.with(ROOT_CONTEXT, () => fetched(`${server}/own-inject`, { headers }));
      });
      await get(`${server}/http-without-span`);
      await fetched(`${server}/fetch-without-span`);
    }
  });
});
