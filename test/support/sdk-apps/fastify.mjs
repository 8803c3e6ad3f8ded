// A fastify app with an encapsulated plugin, a route that fails and a request that matches no route.
import { trace } from '@opentelemetry/api';
import fastify from 'fastify';

const app = fastify();
app.register(
  async (api) => {
    api.get('/cats/:id', async (request) => {
      trace.getTracer('app').startSpan('feed').end();
      return { id: request.params.id };
    });
    api.get('/broken', async () => {
      throw new Error('broken');
    });
  },
  { prefix: '/api' },
);
const base = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(await (await fetch(`${base}/api/cats/7`)).text());
await fetch(`${base}/api/broken`);
await fetch(`${base}/nowhere`);
await app.close();
