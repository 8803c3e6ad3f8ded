import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { itemsIn } from './otlp-items.js';
import type { ExportRequest } from './report.js';

const SERVICE = /^\/opentelemetry\.proto\.collector\.(trace|metrics|logs)\./;
/** In front of each message of gRPC: whether it is compressed, and its length. */
const HEAD = 5;

/** Notes what exporters send by gRPC, for which Node has no channel: the function that opens connections is wrapped. */
export function watchGrpc(note: (request: ExportRequest) => void, onAnswer: () => void): void {
  const { connect } = http2;
  http2.connect = ((authority: string | URL, ...rest: unknown[]) => {
    const session = Reflect.apply(connect, http2, [authority, ...rest]) as ClientHttp2Session;
    const { request } = session;
    session.request = function (this: ClientHttp2Session, ...args: Parameters<typeof request>) {
      const stream = Reflect.apply(request, this, args);
      const path = args[0] && (args[0] as Record<string, unknown>)[':path'];
      if (typeof path === 'string' && SERVICE.test(path)) note(notedStream(stream, `${authority}${path}`, onAnswer));
      return stream;
    };
    return session;
  }) as typeof connect;
}

function notedStream(stream: ClientHttp2Stream, to: string, onAnswer: () => void): ExportRequest {
  const noted = { to, isAccepted: false, answer: undefined as string | undefined, digest: '', count: 0, names: {} };
  const chunks: Buffer[] = [];
  const { write, end } = stream;
  const take = (chunk: unknown) => {
    if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  stream.write = function (this: ClientHttp2Stream, ...args: unknown[]) {
    take(args[0]);
    return Reflect.apply(write, this, args);
  } as typeof write;
  stream.end = function (this: ClientHttp2Stream, ...args: unknown[]) {
    take(args[0]);
    try {
      Object.assign(noted, itemsIn(Buffer.concat(chunks).subarray(HEAD)));
    } catch {
      // What cannot be read is counted as nothing.
    }
    return Reflect.apply(end, this, args);
  } as typeof end;
  const read = (headers: Record<string, unknown>) => {
    const status = headers['grpc-status'];
    if (status === undefined) return;
    Object.assign(noted, { answer: `gRPC ${status}`, isAccepted: String(status) === '0' });
    onAnswer();
  };
  stream.on('response', read);
  stream.on('trailers', read);
  return noted;
}
