import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { announce } from './parent.js';

/** PostgreSQL compiled to WebAssembly, in memory, behind a socket that the ordinary `pg` client can talk to. */
const db = await PGlite.create({ extensions: { vector } });
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 10 });
await server.start();
announce(`postgres://postgres@${server.getServerConn()}/postgres`);
