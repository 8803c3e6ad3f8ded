import type { Cluster } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isMainThread } from 'node:worker_threads';
import { warn } from '../warnings.js';

/** Where metrics are served. */
export interface PrometheusAddress {
  readonly host: string;
  readonly port: number;
  /** Number of this process among those that a process manager makes of one app and replaces: it is added to the port. */
  readonly instance?: number | undefined;
}

// Ports that a worker looks at.
const MOST_PORTS = 256;
const RETRY_MILLIS = 5000;

/**
 * Serves metrics to Prometheus, at `/metrics`. Workers of a cluster serve their own, each on the first port that is free from the
 * configured one on, which a process leaves to its workers once it forks any; threads do after that of their process. An instance has a port of its own, so
 * that the one that replaces it has the same. Never throws, and never holds the process: a port that cannot be had costs one
 * sentence, and one that is taken is tried again until it is free.
 *
 * @returns ends it
 */
export function servePrometheus(
  { host, port: configured, instance }: PrometheusAddress,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): () => void {
  // Loaded late: it brings much along.
  const cluster = process.getBuiltinModule('node:cluster') as unknown as Cluster;
  const isSearching = (cluster.isWorker && instance === undefined) || !isMainThread;
  const first = configured + (instance ?? 0) + (isMainThread ? 0 : 1);
  let port = first;
  let isEnded = false;
  let isTold = false;
  // The process that an instance replaces still has its port for some seconds, which is nothing to tell.
  let isWaiting = instance !== undefined;
  let timer: NodeJS.Timeout | undefined;

  const server = createServer((request, response) => {
    if (pathOf(request) === '/metrics') return answer(request, response);
    response.statusCode = 404;
    response.end();
  }).unref();
  // In place of what instrumentations patch: being scraped is no work of the app's.
  server.emit = EventEmitter.prototype.emit;
  const listen = () => {
    try {
      // Exclusive: workers would else share the port, and each scrape would get the metrics of another one.
      server.listen({ host, port, exclusive: true });
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
    }
  };
  const failed = ({ code, message }: NodeJS.ErrnoException) => {
    if (isEnded) return;
    const isTaken = code === 'EADDRINUSE';
    if (isTaken && isSearching && port < first + MOST_PORTS) {
      port += 1;
      return listen();
    }
    if (isTaken) timer = setTimeout(listen, RETRY_MILLIS).unref();
    const isNews = !isTold && !(isTaken && isWaiting);
    isWaiting = false;
    if (!isNews) return;
    isTold = true;
    const later = isTaken ? ', and it is tried again until it is free' : '';
    warn(
      `cannot serve metrics to Prometheus on ${host}:${port} (${code ?? message}); ` +
        `OTEL_EXPORTER_PROMETHEUS_HOST and _PORT name another place${later}`,
    );
  };
  const stop = () => {
    isEnded = true;
    clearTimeout(timer);
    cluster.off('fork', leave);
    server.close();
  };
  const leave = () => {
    stop();
    warn(
      `this process forks workers and leaves ${host}:${configured} to them: each serves its own metrics to Prometheus, on the ` +
        'first port from there on that is free, and each port has to be scraped',
    );
  };
  server.on('error', failed);
  server.on('listening', () => {
    // The host was still being looked up.
    if (isEnded) server.close();
    else if (port !== configured) {
      const whose = isMainThread ? `process ${process.pid}` : `a thread of process ${process.pid}`;
      warn(`the metrics of ${whose} are served to Prometheus on ${host}:${port}, to be scraped beside ${configured}`);
    } else if (isTold) warn(`metrics are served to Prometheus on ${host}:${port} now`);
  });
  if (cluster.isPrimary && isMainThread) cluster.once('fork', leave);
  listen();
  return stop;
}

function pathOf({ url = '' }: IncomingMessage): string | undefined {
  return URL.parse(url, 'http://localhost')?.pathname;
}
