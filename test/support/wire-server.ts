import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';

/** One answer of a provider's API, as it goes over the wire. */
export interface WireReply {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** The whole body, or the pieces of a stream, which are written one by one. */
  body: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Streams only: the connection breaks after so many pieces. */
  cutAfter?: number;
  /** Streams only: after so many pieces nothing more comes, and the connection stays open. */
  holdAfter?: number;
}

export interface WireServer {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** What the next requests are answered with, one after the other. */
  reply(...replies: WireReply[]): void;
  /** The requests of this test; `body` is parsed where it is JSON. */
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers']; body: unknown }[];
  /** Settles when a client goes away before its answer is complete. */
  hungUp(): Promise<unknown>;
}

/** Serves a provider's wire format on a local port for the tests of a file: what it answers is recorded in fixtures. */
export function useWireServer(): WireServer {
  let url = '';
  let replies: WireReply[] = [];
  const requests: WireServer['requests'] = [];

  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
    response.on('close', () => response.writableFinished || server.emit('hung up'));
    const reply = replies.shift() ?? {
      status: 500,
      headers: { 'content-type': 'application/json' },
      body: `{"error":{"message":"no reply left for ${request.url}"}}`,
    };
    await send(response, reply);
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
    get url() {
      return url;
    },
    reply(...next) {
      replies.push(...next);
    },
    requests,
    hungUp: () => once(server, 'hung up'),
  };
}

/** A JSON answer. */
export function json(body: unknown, status = 200): WireReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** The text of a file under `test/fixtures`. */
export function fixture(path: string): string {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
}

/** A fixture as an answer: `.json`, `.sse` (server-sent events) or `.ndjson` (one JSON document a line). */
export function recorded(path: string, more: Partial<WireReply> = {}): WireReply {
  const text = fixture(path);
  if (path.endsWith('.sse')) {
    return { headers: { 'content-type': 'text/event-stream' }, body: text.split(/(?<=\n\n)/), ...more };
  }
  if (path.endsWith('.ndjson')) {
    return { headers: { 'content-type': 'application/x-ndjson' }, body: text.split(/(?<=\n)/), ...more };
  }
  return { headers: { 'content-type': 'application/json' }, body: text, ...more };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

async function send(response: ServerResponse, { status = 200, headers, body, ...stream }: WireReply): Promise<void> {
  response.writeHead(status, headers);
  if (!Array.isArray(body)) {
    response.end(body);
    return;
  }
  const { cutAfter, holdAfter } = stream;
  for (const piece of body.slice(0, cutAfter ?? holdAfter)) {
    response.write(piece);
    await setImmediate();
  }
  if (cutAfter !== undefined) response.destroy();
  else if (holdAfter === undefined) response.end();
}
