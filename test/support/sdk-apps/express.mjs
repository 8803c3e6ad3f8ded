// An express app that calls itself by fetch and by node:http, and then ends.
import { once } from 'node:events';
import { get } from 'node:http';
import express from 'express';

const app = express();
app.use((_request, _response, next) => next());
const cats = express.Router();
cats.get('/:id', async (request, response) => {
  await fetch(`${base}/plain`);
  await new Promise((resolve) => get(`${base}/plain`, (plain) => plain.resume().on('end', resolve)));
  response.json({ id: request.params.id });
});
app.use('/cats', cats);
app.get('/plain', (_request, response) => response.send('plain'));

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;
console.log(await (await fetch(`${base}/cats/7`)).text());
await fetch(`${base}/nowhere`);
server.close();
server.closeAllConnections();
