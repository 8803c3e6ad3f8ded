import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backEnds } from './arrivals.js';
import { collector } from './collectors.js';
import { traffic } from './traffic.js';

export const DECISION_WAIT = 3_000;
const PER_SECOND = 100;

/** One agent, two gateways, a back end for each of them, and services that send: the configurations of the sample, for real. */
export async function fleet(binary, samplePercent) {
  const folder = mkdtempSync(join(tmpdir(), 'annotel-collector-'));
  const ends = await backEnds(2);
  const gateways = await Promise.all(
    ends.addresses.map((address, index) =>
      collector(binary, {
        name: `gateway-${index + 1}`,
        file: 'gateway.yaml',
        folder,
        environment: {
          TRACE_EXPORTERS: '[otlp_grpc/tempo]',
          LOG_EXPORTERS: '[otlp_grpc/tempo]',
          METRIC_EXPORTERS: '[otlp_grpc/tempo]',
          TEMPO: address,
          DECISION_WAIT: `${DECISION_WAIT}ms`,
          SAMPLE_PERCENT: String(samplePercent),
          KEEP_SLOWER_THAN_MS: '1000',
          KEEP_COSTLIER_THAN: '0.50',
          DROP_ATTRIBUTES: '^app[.]internal[.]',
        },
      }),
    ),
  );
  const agent = await collector(binary, {
    name: 'agent',
    file: 'agent.yaml',
    folder,
    environment: { GATEWAYS: `[${gateways.map(({ grpc }) => grpc).join(', ')}]`, RETRY_MAX: '5s' },
  });
  const all = [agent, ...gateways];
  await Promise.all(all.map((one) => one.start()));
  mkdirSync(join(folder, 'spools'));
  const services = await traffic(agent, join(folder, 'spools'), PER_SECOND);

  return { agent, gateways, ends, requests: services.requests, finish };

  /** Ends the services, waits until nothing more arrives, and ends the rest. Resolves to what the services complained of. */
  async function finish() {
    const complaints = await services.stop();
    await ends.quiet(DECISION_WAIT + 5_000);
    await Promise.all(all.map((one) => one.end()));
    await Promise.all(gateways.map((_, gateway) => ends.close(gateway)));
    rmSync(folder, { recursive: true });
    return complaints;
  }
}
