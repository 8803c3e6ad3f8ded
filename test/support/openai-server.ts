import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import OpenAI from 'openai';

/** An answer of the API: a file under `test/fixtures/openai`. Its name tells the status of errors, as in `error-404.json`. */
export interface Reply {
  fixture: string;
  /** Streams only: the connection breaks after so many events. */
  cutAfter?: number;
  /** Streams only: after so many events nothing more comes, and the connection stays open. */
  holdAfter?: number;
}

export interface OpenAIServer {
  /** The published client, pointed at the server. It does not retry. */
  readonly client: OpenAI;
  /** What the next requests are answered with, one after the other. */
  reply(...replies: (string | Reply)[]): void;
  /** Path and body of the requests of this test. */
  readonly requests: { path: string; body: Record<string, unknown> }[];
  /** Settles when a client goes away before its answer is complete. */
  hungUp(): Promise<unknown>;
}

/** Serves OpenAI's API on a local port for the tests of a file. */
export function useOpenAI(): OpenAIServer {
  let client: OpenAI;
  let replies: Reply[] = [];
  const requests: OpenAIServer['requests'] = [];

  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? '', body: JSON.parse(await bodyOf(request)) });
    response.on('close', () => response.writableFinished || server.emit('hung up'));
    const reply = replies.shift();
    if (!reply) throw new Error(`No reply left for ${request.url}`);
    await send(response, reply);
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    replies = [];
    requests.length = 0;
  });

  return {
    get client() {
      return client;
    },
    reply(...next) {
      replies.push(...next.map((reply) => (typeof reply === 'string' ? { fixture: reply } : reply)));
    },
    requests,
    hungUp: () => once(server, 'hung up'),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

async function send(response: ServerResponse, { fixture, cutAfter, holdAfter }: Reply): Promise<void> {
  const text = readFileSync(new URL(`../fixtures/openai/${fixture}`, import.meta.url), 'utf8');
  if (fixture.endsWith('.json')) {
    const status = Number(/^error-(\d+)/.exec(fixture)?.[1] ?? 200);
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1', 'retry-after-ms': '1' });
    response.end(text);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_1' });
  const events = text.split(/(?<=\n\n)/);
  for (const event of events.slice(0, cutAfter ?? holdAfter)) {
    response.write(event);
    await setImmediate();
  }
  if (cutAfter !== undefined) response.destroy();
  else if (holdAfter === undefined) response.end();
}
