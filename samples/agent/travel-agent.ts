import { Agent, LlmCall, ToolCall } from 'annotel';
import type OpenAI from 'openai';
import { runTool, TOOLS } from './tools.js';

type Message = OpenAI.ChatCompletionMessageParam;
type Call = OpenAI.ChatCompletionMessageFunctionToolCall;

const MODEL = 'gpt-4o-mini';
const MOST_TURNS = 5;

/** Asks a model that may call tools, until it has an answer. */
export class TravelAgent {
  constructor(private readonly openai: OpenAI) {}

  /** Names the agent on everything below, and counts its model calls, tool calls and tokens. */
  @Agent({ name: 'travel-agent', description: 'Answers questions about places.' })
  async answer(question: string): Promise<string> {
    const messages: Message[] = [{ role: 'user', content: question }];
    for (let turn = 1; turn <= MOST_TURNS; turn++) {
      const { choices } = await this.ask({ model: MODEL, messages, tools: TOOLS });
      const message = choices[0]?.message;
      if (!message?.tool_calls?.length) return message?.content ?? '';
      const calls = message.tool_calls.filter((call) => call.type === 'function');
      messages.push(message, ...(await Promise.all(calls.map((call) => this.resultOf(call)))));
    }
    throw new Error(`no answer after ${MOST_TURNS} turns`);
  }

  @LlmCall({ provider: 'openai' })
  ask(request: OpenAI.ChatCompletionCreateParamsNonStreaming) {
    return this.openai.chat.completions.create(request);
  }

  /** What goes in and out of a tool is recorded only where content capture is on. */
  @ToolCall()
  async run({ function: { name, arguments: args } }: Call): Promise<string> {
    return runTool(name, JSON.parse(args));
  }

  private async resultOf(call: Call): Promise<Message> {
    // The span of the call has failed; the model is told, and may try it in another way.
    const content = await this.run(call).catch((error: Error) => `Failed: ${error.message}`);
    return { role: 'tool', tool_call_id: call.id, content };
  }
}
