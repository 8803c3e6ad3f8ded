// First: what is imported after it can be instrumented.
import './telemetry.js';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { costTable } from './cost-table.js';
import { startStandIn, stopStandIns } from './local-models.js';
import { HOSTED_MODEL, Models, OWN_MODEL } from './models.js';
import { QUERIES } from './queries.js';
import { createService } from './service.js';
import { emittedMetrics } from './telemetry.js';

const ARTICLE = `The harbour opens again in May. It was closed for two years while its northern wall was rebuilt.
Ferries will run three times a day, and the fish market moves back to its old place.`;

/** Who asks for what, and how often. */
const REQUESTS: [tenant: string, feature: string, text: string, times: number][] = [
  ['acme', 'help', 'How long can orders be sent back?', 3],
  ['acme', 'summary', ARTICLE, 1],
  ['globex', 'help', 'Where are refunds paid to?', 1],
  ['globex', 'summary', ARTICLE, 4],
  ['initech', 'summary', ARTICLE, 2],
];

// With a key the hosted model is the real one, and costs what it costs.
const hostedUrl = process.env['OPENAI_API_KEY'] ? undefined : await startStandIn(HOSTED_MODEL);
const ownUrl = process.env['OWN_MODEL_URL'] ?? (await startStandIn(OWN_MODEL));
const service = createService(new Models(hostedUrl, ownUrl));
try {
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as AddressInfo;
  const asking = REQUESTS.flatMap(([tenant, feature, body, times]) =>
    Array.from({ length: times }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/${feature}`, {
        method: 'POST',
        headers: { 'x-tenant-id': tenant },
        body,
      });
      if (!response.ok) throw new Error(`${feature} for ${tenant}: ${response.status} ${await response.text()}`);
      await response.text();
    }),
  );
  await Promise.all(asking);
  console.log(
    `${asking.length} requests of ${new Set(REQUESTS.map(([tenant]) => tenant)).size} tenants were answered.\n`,
  );
  console.log(`${costTable(await emittedMetrics())}\n\n${QUERIES}`);
} finally {
  service.close();
  stopStandIns();
}
