// Queries an embedded PostgreSQL: once inside a span, once outside of any.
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { trace } from '@opentelemetry/api';
import pg from 'pg';

const db = await PGlite.create();
const server = new PGLiteSocketServer({ db, port: 0, host: '127.0.0.1' });
await server.start();
const [, port] = /:(\d+)$/.exec(server.getServerConn()) ?? [];
const pool = new pg.Pool({ host: '127.0.0.1', port: Number(port), database: 'postgres', user: 'postgres', ssl: false });
await pool.query('SELECT 1 AS outside');
const { rows } = await trace.getTracer('app').startActiveSpan('ask', async (span) => {
  const result = await pool.query('SELECT $1::int AS answer', [42]);
  span.end();
  return result;
});
console.log(`answer ${rows[0].answer}`);
await pool.end();
await server.stop();
await db.close();
