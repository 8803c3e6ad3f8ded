// One process of the traffic. Usage: node --import annotel/register service.js front <port of its models> <requests a second>
//                            or: node --import annotel/register service.js models <port>
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import { annotate, LlmCall, Traced } from 'annotel';

const [role, port, perSecond] = process.argv.slice(2);
const SLOW = 1200;

if (role === 'front') answerRequests();
else serveModels();

function answerRequests() {
  const answer = Traced('Front.answer')(async (kind) => {
    annotate({
      'app.note': 'called with Bearer abcdefghijklmnop1234',
      'app.contact': 'jane.doe@example.com',
      'app.key': 'sk-abcdefghijklmnop1234',
      'app.internal.shard': 'to-be-dropped',
      'db.password': 'hunter2',
    });
    const reply = await fetch(`http://127.0.0.1:${port}/${kind}?token=s3cr3t-in-url`);
    await reply.text();
    return trace.getActiveSpan().spanContext().traceId;
  });
  let count = 0;
  const timer = setInterval(async () => {
    const kind = ['error', 'slow', 'expensive'][count++ % 25] ?? 'ordinary';
    const started = Date.now();
    const traceId = await answer(kind);
    process.send({ trace: traceId, kind, started, ended: Date.now() });
  }, 1000 / Number(perSecond));
  process.on('message', () => clearInterval(timer));
  process.send('ready');
}

function serveModels() {
  const lookUp = Traced('Models.lookUp')(async () => sleep(5));
  const ask = LlmCall({ provider: 'openai' })(async ({ model, kind }) => {
    await sleep(kind === 'slow' ? SLOW : 10);
    if (kind === 'error') throw new Error('the model is overloaded');
    const tokens = kind === 'expensive' ? 400_000 : 40;
    return {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Because.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: tokens, completion_tokens: 10, total_tokens: tokens + 10 },
    };
  });
  const server = createServer(async (request, response) => {
    const kind = new URL(request.url, 'http://models').pathname.slice(1);
    try {
      await lookUp();
      await ask({ model: 'gpt-4o', kind, messages: [{ role: 'user', content: 'Why?' }] });
      response.end('answered');
    } catch {
      response.writeHead(500).end('failed');
    }
  });
  server.listen(Number(port), '127.0.0.1', () => process.send('ready'));
}
