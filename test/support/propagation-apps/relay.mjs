// A server that tells what it believes of a request, logs, and passes the request on to the host that it is told of.
import http from 'node:http';
import { logs, propagation } from '@opentelemetry/api';
import { requestContext } from 'annotel';

const [next, address = '127.0.0.1'] = process.argv.slice(2);

const server = http.createServer(async (_request, response) => {
  const before = requestContext();
  logs.getLogger('app').emit({ body: 'asked', severityNumber: 9 });
  await (await fetch(`${next}/passed-on`)).text();
  const baggage = propagation
    .getActiveBaggage()
    ?.getAllEntries()
    .map(([name, { value }]) => [name, value]);
  response.end(JSON.stringify({ context: requestContext(), before, baggage: Object.fromEntries(baggage ?? []) }));
});
server.listen(0, address, () => console.log(`listening on ${server.address().port};`));
process.on('SIGTERM', () => server.close());
