// Uses each instrumented library as careless apps do: every secret is planted at one place and has a name of its own.
import 'reflect-metadata';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { Writable } from 'node:stream';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { TelemetryLogger } from 'annotel/nest';
import { startTelemetry } from 'annotel/sdk';
import express from 'express';
import fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import pino from 'pino';
import { createClient } from 'redis';
import winston from 'winston';

const planted = [];
const secret = (where) => {
  planted.push(where);
  return `Zq7${where}Kx9`;
};
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const tracer = trace.getTracer('app');
const within = (name, work) =>
  tracer.startActiveSpan(name, async (span) => {
    await work(span);
    span.end();
  });

// HTTP, both ends.
const app = express();
app.get('/orders/:id', (request, response) => response.json({ id: request.params.id }));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;
await within('http', async () => {
  const nested = encodeURIComponent(`https://x.example.com/?token=${secret('NestedUrl')}`);
  await fetch(`${base}/orders/1?%74oken=${secret('FetchQuery')}&page=2`);
  await fetch(`${base}/orders/2?redirect_uri=${nested}`);
  await fetch(`${base}/orders/3;jsessionid=${secret('MatrixParameter')}`);
  await fetch(
    `${base}/orders/4?X-Amz-Credential=${secret('AmazonCredential')}&X-Amz-Signature=${secret('AmazonSignature')}`,
  );
  await fetch(`${base}/orders/5?sv=2024&sig=${secret('AzureSignature')}`);
  const path = `/orders/6?a=1;accessToken=${secret('HttpQuery')}`;
  await new Promise((resolve) => get(`${base}${path}`, (plain) => plain.resume().on('end', resolve)));
  const user = `${base.replace('//', `//shop:${secret('UserInfo')}@`)}/orders/7`;
  await new Promise((resolve) => get(user, (plain) => plain.resume().on('end', resolve)));
  await fetch(`${base}/orders/8?to=${secret('Mail')}@example.com`);
});
const other = fastify();
other.get('/cats/:id', async () => ({}));
const cats = await other.listen({ port: 0, host: '127.0.0.1' });
await within('fastify', () => fetch(`${cats}/cats/1?api_key=${secret('FastifyQuery')}`));

// PostgreSQL.
// A server that knows just enough of the protocol: every statement has no rows, every number is refused as PostgreSQL does.
const message = (type, body = '') => {
  const head = Buffer.from(`${type}....`);
  head.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([head, Buffer.from(body)]);
};
const ready = message('Z', 'I');
const postgres = createServer((connection) => {
  connection.once('data', () => {
    connection.write(Buffer.concat([message('R', '\0\0\0\0'), ready]));
    connection.on('data', (data) => {
      const [, refused] = /Zq7SqlError(Kx9)/.exec(data) ?? [];
      const text = `SERROR\0C22P02\0Minvalid input syntax for type integer: "Zq7SqlError${refused}"\0\0`;
      const done = refused ? message('E', text) : message('C', 'SELECT 0\0');
      if (data[0] !== 'X'.charCodeAt(0)) connection.write(Buffer.concat([done, ready]));
    });
  });
  connection.on('error', () => {});
});
postgres.listen(0, '127.0.0.1');
await once(postgres, 'listening');
const { port } = postgres.address();
const client = new pg.Client({
  host: '127.0.0.1',
  port,
  database: 'postgres',
  user: 'postgres',
  ssl: false,
});
await client.connect();
await within('pg', async () => {
  await client.query(`SELECT '${secret('SqlText')}' AS "userName" /* ${secret('SqlComment')} */`);
  await client.query(`SELECT E'it\\'s ${secret('SqlEscaped')}', $$${secret('SqlDollar')}$$`);
  await client.query(`SELECT 'a\\', '${secret('SqlBackslash')}'`);
  await client.query('SELECT $1::text', [secret('SqlParameter')]);
  await client.query('SELECT $1::int', [secret('SqlError')]).catch(() => {});
});
await client.end();
postgres.close();

// Redis.
const redisServer = createServer((connection) => {
  connection.on('data', (data) => {
    for (const command of data.toString().split(/(?=\*\d+\r\n)/)) {
      connection.write(/info/i.test(command) ? '$0\r\n\r\n' : '+OK\r\n');
    }
  });
  connection.on('error', () => {});
});
redisServer.listen(0, '127.0.0.1');
await once(redisServer, 'listening');
const redis = createClient({ url: `redis://127.0.0.1:${redisServer.address().port}` });
await redis.connect();
const ioredis = new Redis(redisServer.address().port, '127.0.0.1');
await within('redis', async () => {
  await redis.sendCommand(['SISMEMBER', 'session:1', secret('RedisValue')]);
  await ioredis.sismember('session:1', secret('IoredisValue'));
  await ioredis.call('EVAL', 'return 1', '0', secret('RedisArgument'));
});
redis.destroy();
ioredis.disconnect();
redisServer.close();

// What other instrumentations record.
const careless = trace.getTracer('@opentelemetry/instrumentation-careless');
const span = careless.startSpan(`GET /reset?token=${secret('SpanName')}`, {
  kind: SpanKind.CLIENT,
  attributes: {
    'http.request.header.authorization': [secret('HeaderAuthorization')],
    'http.request.header.cookie': [`theme=dark; sid=${secret('HeaderCookie')}`],
    'http.request.header.x_api_key': [secret('HeaderKey')],
    'http.request.header.referer': [`https://x.example.com/?password=${secret('HeaderReferer')}`],
    'http.response.header.location': [`/cb?code=${secret('HeaderLocation')}`],
    'db.query.parameter.0': secret('QueryParameter'),
    'db.system.name': 'mysql',
    'db.query.text': `select "${secret('MysqlText')}", \`order id\` from t where n = -4711`,
  },
  links: [
    {
      context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
      attributes: { 'url.full': `https://x.example.com/?key=${secret('LinkAttribute')}` },
    },
  ],
});
span.addEvent(`sent /x?token=${secret('EventName')}`, { 'url.query': `secret=${secret('EventAttribute')}` });
span.recordException(new Error(`connect postgres://shop:${secret('ExceptionMessage')}@db/x failed`));
span.setStatus({ code: SpanStatusCode.ERROR, message: `Duplicate entry '${secret('StatusMessage')}' for key 'email'` });
span.end();

// Logs. The console prints what it is given, which is the app's own doing.
await within('logs', async () => {
  const line = pino({}, nowhere());
  line.info({ req: { headers: { authorization: secret('PinoHeader'), cookie: `sid=${secret('PinoCookie')}` } } }, 'in');
  line.info({ req: { url: `/x?token=${secret('PinoUrl')}` } }, `GET /x?token=${secret('PinoMessage')}`);
  line.error(new Error(`no user ${secret('PinoError')}@example.com`));
  const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream: nowhere() })] });
  logger.info(`GET /x?apikey=${secret('WinstonMessage')}`, { cookies: { sid: secret('WinstonCookie') } });
  logger.info('query', { sql: `select '${secret('WinstonSql')}'`, bindings: [secret('WinstonBindings')] });
  console.log(`Cookie: sid=${secret('ConsoleCookie')}`);
  const nest = new TelemetryLogger();
  nest.log(`redis://:${secret('NestMessage')}@cache:6379`, 'Shop');
  nest.error({ user: { password: secret('NestPassword') } }, 'Shop');
});

server.close();
server.closeAllConnections();
await other.close();
await startTelemetry().shutdown();
console.log(`planted ${planted.join(' ')}`);
