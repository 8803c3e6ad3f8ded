import { workerData } from 'node:worker_threads';
import type { PendingParcel } from './delivery/parcel.js';
import type { Transport } from './delivery/transport.js';
import type { LastWords } from './last-words.js';

// The thread in which `last-words.ts` sends what is left of a process that is ending. Nobody listens to what goes wrong.
const { parcels, timeout, progress } = workerData as LastWords;
const transports = new Map<string, Promise<Transport>>();

// The transports hold nobody, but this thread has to wait for them. It ends with the process.
setInterval(() => {}, timeout);

parcels.forEach((parcel, index) => {
  send(parcel)
    .then((isDelivered) => Atomics.store(progress, index + 1, isDelivered ? 1 : 0))
    .catch(() => {})
    .then(() => {
      Atomics.add(progress, 0, 1);
      Atomics.notify(progress, 0);
    });
});

async function send(parcel: PendingParcel): Promise<boolean> {
  const transport = transports.get(parcel.url) ?? transportTo(parcel);
  transports.set(parcel.url, transport);
  return (await (await transport).send(parcel.body, timeout)).status === 'success';
}

/** Loads only what is needed: a command-line tool waits for this each time. */
async function transportTo({ protocol, url, headers, tls }: PendingParcel): Promise<Transport> {
  const config = { url, headers: async () => headers, compression: 'none' as const };
  if (protocol === 'grpc') {
    const { GrpcTransport } = await import('./delivery/grpc-transport.js');
    return new GrpcTransport({ ...config, agentFactory: agentOf(tls) }, new URL(url).pathname);
  }
  const { HttpTransport } = await import('./delivery/http-transport.js');
  return new HttpTransport({ ...config, agentFactory: agentOf(tls) });
}

function agentOf(tls: PendingParcel['tls']) {
  const connections = { keepAlive: true, maxSockets: 8 };
  return async (scheme: string) => {
    if (scheme !== 'https:') return new (await import('node:http')).Agent(connections);
    return new (await import('node:https')).Agent({ ...tls, ...connections });
  };
}
