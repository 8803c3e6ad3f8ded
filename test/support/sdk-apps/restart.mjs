// Starts telemetry twice with a pause between, and answers a request in each of the three phases.
import { once } from 'node:events';
import http from 'node:http';
import { startTelemetry } from 'annotel/sdk';

const server = http.createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
await once(server, 'listening');
const ask = (path) => fetch(`http://127.0.0.1:${server.address().port}${path}`);

const first = startTelemetry();
await ask('/first');
await first.shutdown();
await ask('/between');
const second = startTelemetry();
await ask('/second');
await second.shutdown();
await ask('/after');
console.log('done');
server.close();
server.closeAllConnections();
