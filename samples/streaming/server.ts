import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { LlmCall } from 'annotel';
import OpenAI from 'openai';
import { provider } from '../local/provider.js';

class Assistant {
  constructor(private readonly openai: OpenAI) {}

  /** The span of the call ends when its caller is done with the stream. */
  @LlmCall({ provider: 'openai' })
  stream(request: OpenAI.ChatCompletionCreateParamsStreaming) {
    return this.openai.chat.completions.create(request);
  }
}

const assistant = new Assistant(new OpenAI(await provider()));

/** Takes a question and sends the answer as it comes, as server-sent events. */
const server = createServer(async (request, response) => {
  try {
    const { question } = (await json(request)) as { question: string };
    const chunks = await assistant.stream({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: question }],
      stream: true,
      // Without it a stream does not tell what it took.
      stream_options: { include_usage: true },
    });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for await (const chunk of chunks) {
      // The client has hung up. Leaving the loop closes the stream, so that the model stops writing.
      if (response.destroyed) break;
      const text = chunk.choices[0]?.delta.content;
      if (text) response.write(`data: ${JSON.stringify({ text })}\n\n`);
    }
    response.end('event: done\ndata: {}\n\n');
  } catch (error) {
    console.error(error);
    response.headersSent ? response.destroy() : response.writeHead(502).end();
  }
});

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`Listening: POST http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
