import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';

/**
 * Takes the place of the model provider when there is no API key. It speaks the wire format of OpenAI's chat completions:
 * whole and streamed answers, tool calls, token counts. It has no language model: it asks for each tool that it is offered
 * once, fills in the name that the question ends with, and then repeats what the tools said.
 */

type Request = OpenAI.ChatCompletionCreateParams;
type ToolCall = OpenAI.ChatCompletionMessageFunctionToolCall;

/** What the "model" says: a text or the tools that it wants. */
interface Reply {
  content: string | null;
  tool_calls?: ToolCall[];
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error('stand-in provider:', error);
    response.destroy();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`));
// However the sample ends, this ends with it. Ctrl-C goes to both, and the sample may still need an answer.
process.once('disconnect', () => process.exit());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (`${request.method} ${request.url}` !== 'POST /v1/chat/completions') {
    return send(response, 404, { error: { message: `Invalid URL (${request.url})`, type: 'invalid_request_error' } });
  }
  const asked = (await json(request)) as Request;
  const reply = replyTo(asked);
  const finish_reason = reply.tool_calls ? 'tool_calls' : 'stop';
  const prompt_tokens = countTokens(asked.messages) + countTokens(asked.tools ?? '');
  const completion_tokens = countTokens(reply.content ?? reply.tool_calls);
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  const id = `chatcmpl-${randomUUID().replaceAll('-', '')}`;
  const common = { id, created: Math.floor(Date.now() / 1000), model: asked.model, service_tier: 'default' };

  await sleep(30);
  if (!asked.stream) {
    const message = { role: 'assistant', refusal: null, ...reply };
    const choices = [{ index: 0, message, logprobs: null, finish_reason }];
    return send(response, 200, { ...common, object: 'chat.completion', choices, usage });
  }

  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = { ...common, object: 'chat.completion.chunk' };
  const write = (delta: object, finish_reason: string | null = null) =>
    response.write(event({ ...chunk, choices: [{ index: 0, delta, logprobs: null, finish_reason }] }));
  write({ role: 'assistant', content: reply.content === null ? null : '', refusal: null });
  for (const delta of deltasOf(reply)) {
    // The client has hung up: nobody wants the rest.
    if (response.destroyed) return;
    write(delta);
    await sleep(5);
  }
  write({}, finish_reason);
  if (asked.stream_options?.include_usage) response.write(event({ ...chunk, choices: [], usage }));
  response.end('data: [DONE]\n\n');
}

function replyTo({ messages, tools = [] }: Request): Reply {
  const question = String(messages.filter(({ role }) => role === 'user').at(-1)?.content ?? '');
  const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => String(content));
  if (results.length > 0) return { content: results.join(' ') };
  if (tools.length === 0) return { content: `There is no language model here, only a stand-in. You said: ${question}` };
  const subject = /(\p{Lu}\w*)\W*$/u.exec(question)?.[1] ?? question;
  const tool_calls = tools.flatMap((tool): ToolCall[] => {
    if (tool.type !== 'function') return [];
    const names = Object.keys((tool.function.parameters?.['properties'] as object | undefined) ?? {});
    const args = JSON.stringify(Object.fromEntries(names.map((name) => [name, subject])));
    const id = `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
    return [{ id, type: 'function', function: { name: tool.function.name, arguments: args } }];
  });
  return { content: null, tool_calls };
}

/** The pieces in which a reply is streamed: a text by the word, a tool call as its name and then its arguments. */
function deltasOf({ content, tool_calls = [] }: Reply): object[] {
  const words = content?.match(/\S+\s*/g) ?? [];
  const calls = tool_calls.flatMap(({ id, type, function: { name, arguments: args } }, index) => [
    { tool_calls: [{ index, id, type, function: { name, arguments: '' } }] },
    { tool_calls: [{ index, function: { arguments: args } }] },
  ]);
  return [...words.map((word) => ({ content: word })), ...calls];
}

/** About four characters make a token of English text. */
function countTokens(value: unknown): number {
  return Math.ceil((typeof value === 'string' ? value : JSON.stringify(value)).length / 4);
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': `req_${randomUUID()}` });
  response.end(JSON.stringify(body));
}
