// As express.mjs, for CommonJS.
const { get } = require('node:http');
const express = require('express');

const app = express();
app.get('/cats/:id', async (request, response) => {
  await fetch(`${base}/plain`);
  await new Promise((resolve) => get(`${base}/plain`, (plain) => plain.resume().on('end', resolve)));
  response.json({ id: request.params.id });
});
app.get('/plain', (_request, response) => response.send('plain'));

let base;
const server = app.listen(0, '127.0.0.1', async () => {
  base = `http://127.0.0.1:${server.address().port}`;
  const answer = await fetch(`${base}/cats/7`);
  console.log(await answer.text());
  server.close();
  server.closeAllConnections();
});
