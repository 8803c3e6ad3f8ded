import { check, prints, recorded, says } from '../expectations.js';
import { nodeSdk, program } from '../program.js';

const SDK_2 = { '@opentelemetry/api': '1.9.1', '@opentelemetry/sdk-node': '0.223.0' };

const EXPRESS = `
import express from 'express';
import { Traced } from 'annotel';
const greet = Traced('greet')(async (name) => 'Hello ' + name);
const app = express();
app.get('/hello/:name', async (request, response) => response.send(await greet(request.params.name)));
const server = app.listen(0, async () => {
  console.log(await (await fetch('http://127.0.0.1:' + server.address().port + '/hello/you')).text());
  server.close();
});
`;

/** A tracer that was taken before anything has started, as many libraries have one. */
const EARLY = `
import { trace } from '@opentelemetry/api';
const tracer = trace.getTracer('early');
const { startTelemetry } = await import('annotel/sdk');
const telemetry = startTelemetry();
tracer.startSpan('by the early tracer').end();
await telemetry.shutdown();
`;
const EARLY_TEST = `
import { trace } from '@opentelemetry/api';
const tracer = trace.getTracer('early');
const { captureTelemetry } = await import('annotel/testing');
const telemetry = captureTelemetry();
tracer.startSpan('by the early tracer').end();
console.log('captured', telemetry.spans.map(({ name }) => name).join());
await telemetry.stop();
`;

const FILES = {
  'otel.mjs': nodeSdk('esm'),
  'main.mjs': program('esm'),
  'start.mjs': "import { startTelemetry } from 'annotel/sdk';\nstartTelemetry();\nawait import('./main.mjs');\n",
  'express.mjs': EXPRESS,
  'early.mjs': EARLY,
  'early-test.mjs': EARLY_TEST,
};
const TOO_OLD =
  /annotel: the OpenTelemetry SDK that annotel starts needs @opentelemetry\/api 1\.10, and 1\.9\.1 was installed/;

/** Which copy of the API the app and annotel have. */
export const APIS = [
  {
    name: 'API 1.9.1 at the root, no SDK',
    packages: { '@opentelemetry/api': '1.9.1', express: '5.3.0' },
    cells: [
      {
        name: 'annotel/register, Express',
        files: FILES,
        run: ['node --import annotel/register express.mjs'],
        expect({ heard, output }) {
          check(!/annotel: /.test(output), 'it complained');
          const [call, request] = heard.spans;
          check(request?.name === 'GET /hello/:name', 'no span of the request');
          check(call.name === 'greet' && call.parent === request.id, 'the call is not below it');
          return `spans ${request.name}, ${call.name}`;
        },
      },
      {
        name: 'a tracer of before startTelemetry()',
        files: FILES,
        run: ['node early.mjs'],
        expect({ heard }) {
          check(heard.spans[0]?.name === 'by the early tracer', 'it stayed deaf');
          return 'spans';
        },
      },
      {
        name: 'a tracer of before captureTelemetry()',
        files: FILES,
        run: ['node early-test.mjs'],
        expect: prints(/^captured by the early tracer$/m),
      },
    ],
  },
  {
    name: 'API 1.9.1 for all packages, by overrides',
    packages: SDK_2,
    manifest: { overrides: { '@opentelemetry/api': '1.9.1' } },
    cells: [
      { name: 'its own SDK 2.x', files: FILES, run: ['node --import ./otel.mjs main.mjs'], expect: recorded() },
      {
        name: 'annotel/register',
        files: FILES,
        run: ['node --import annotel/register main.mjs'],
        expect: says(TOO_OLD),
      },
      { name: 'annotel/sdk', files: FILES, run: ['node start.mjs'], expect: says(TOO_OLD) },
    ],
  },
];
