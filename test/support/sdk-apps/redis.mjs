// Both Redis clients against a server that knows just enough of the protocol.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { trace } from '@opentelemetry/api';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

const server = createServer((socket) => {
  socket.on('data', (data) => {
    for (const command of data.toString().split(/(?=\*\d+\r\n)/)) {
      const [, , name] = command.split('\r\n');
      socket.write(
        name?.toLowerCase() === 'get' ? '$2\r\n42\r\n' : name?.toLowerCase() === 'info' ? '$0\r\n\r\n' : '+OK\r\n',
      );
    }
  });
  socket.on('error', () => {});
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();

const redis = createClient({ url: `redis://127.0.0.1:${port}` });
await redis.connect();
const ioredis = new Redis(port, '127.0.0.1');
await trace.getTracer('app').startActiveSpan('ask', async (span) => {
  console.log(await redis.get('answer'), await ioredis.get('answer'));
  span.end();
});
await redis.get('outside');
await ioredis.get('outside');
redis.destroy();
ioredis.disconnect();
server.close();
