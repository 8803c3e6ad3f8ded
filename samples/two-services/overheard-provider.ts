import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Provider } from '../local/provider.js';

/** Stands between the services and their model provider, and keeps the headers that the provider is sent. */
export async function overhear({ baseURL = 'https://api.openai.com/v1' }: Provider) {
  const headers: IncomingHttpHeaders[] = [];
  const heard = new EventEmitter();
  const server = createServer(async (request, response) => {
    headers.push(request.headers);
    heard.emit('request');
    const { authorization = '', 'content-type': type = '' } = request.headers;
    const answer = await fetch(`${baseURL}${request.url}`, {
      method: request.method ?? 'POST',
      headers: { authorization, 'content-type': type },
      body: await text(request),
    });
    const contentType = answer.headers.get('content-type') ?? 'application/json';
    response.writeHead(answer.status, { 'content-type': contentType }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    headers,
    /** Resolves when so many have come. */
    async requests(count: number): Promise<void> {
      while (headers.length < count) await once(heard, 'request');
    },
    close: () => server.close(),
  };
}
