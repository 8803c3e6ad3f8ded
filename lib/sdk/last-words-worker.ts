import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { workerData } from 'node:worker_threads';
import { GrpcTransport } from './delivery/grpc-transport.js';
import { HttpTransport } from './delivery/http-transport.js';
import type { PendingParcel } from './delivery/parcel.js';
import type { LastWords } from './last-words.js';

// The thread in which `last-words.ts` sends what is left of a process that is ending. Nobody listens to what goes wrong.
const { parcels, timeout, progress } = workerData as LastWords;

// The transports hold nobody, but this thread has to wait for them. It ends with the process.
setInterval(() => {}, timeout);

for (const parcel of parcels) {
  send(parcel).then((delivered) => {
    if (delivered) Atomics.add(progress, 1, parcel.items);
    Atomics.add(progress, 0, 1);
    Atomics.notify(progress, 0);
  });
}

async function send({ protocol, url, headers, body, tls }: PendingParcel): Promise<boolean> {
  const config = {
    url,
    headers: async () => headers,
    compression: 'none' as const,
    agentFactory: (scheme: string) => (scheme === 'https:' ? new HttpsAgent({ ...tls }) : new HttpAgent()),
  };
  const transport = protocol === 'grpc' ? new GrpcTransport(config, new URL(url).pathname) : new HttpTransport(config);
  return (await transport.send(body, timeout)).status === 'success';
}
