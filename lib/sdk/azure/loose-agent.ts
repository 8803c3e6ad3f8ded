import type { ClientRequest } from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

/** Its sockets do not keep the process alive. */
export class LooseAgent extends https.Agent {
  override createConnection(...args: Parameters<https.Agent['createConnection']>): Duplex | null | undefined {
    return unreferenced(super.createConnection(...args));
  }

  // The agent references a socket again as it takes it up.
  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    super.reuseSocket(socket, request);
    unreferenced(socket);
  }
}

function unreferenced<S>(socket: S): S {
  (socket as { unref?: () => void } | undefined)?.unref?.();
  return socket;
}
