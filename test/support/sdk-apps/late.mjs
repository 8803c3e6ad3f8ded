// Loads node:http and express long before telemetry starts, as an app does that starts it by code.
import http, { request } from 'node:http';
import { trace } from '@opentelemetry/api';
import { startTelemetry } from 'annotel/sdk';

const early = trace.getTracer('early');
const server = http.createServer((_request, response) => response.end('late')).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const telemetry = startTelemetry({ serviceName: 'late' });
await early.startActiveSpan('outer', async (span) => {
  const { port } = server.address();
  await new Promise((resolve) => request({ port, path: '/' }, (got) => got.resume().on('end', resolve)).end());
  span.end();
});
await telemetry.flush();
console.log('flushed');
server.close();
