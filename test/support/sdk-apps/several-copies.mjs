// Imports what instrumentations patch, and says whether they did.
import { once } from 'node:events';
import { Traced } from 'annotel';
import express from 'express';
import pg from 'pg';
import pino from 'pino';

const lines = [];
const log = pino({}, { write: (line) => lines.push(JSON.parse(line)) });
await Traced('work')(async () => log.info('worked'))();

const app = express();
app.get('/cats/:id', (request, response) => response.json({ id: request.params.id }));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
await (await fetch(`http://127.0.0.1:${server.address().port}/cats/7`)).text();
server.close();

console.log(`pino ${lines[0].trace_id !== undefined}, pg ${pg.Client.prototype.query.__wrapped === true}`);
