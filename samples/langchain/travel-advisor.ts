import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { tool } from '@langchain/core/tools';
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import type { ChatOpenAI } from '@langchain/openai';
import { Workflow } from 'annotel';
import { TelemetryCallbackHandler } from 'annotel/langchain';

const place = { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'] };

const tools = [
  tool(async ({ city }: { city: string }) => `It is 21 °C and sunny in ${city}.`, {
    name: 'get_weather',
    description: 'The weather in a city.',
    schema: place,
  }),
  tool(async ({ city }: { city: string }) => `It is 10:30 in ${city}.`, {
    name: 'get_local_time',
    description: 'The time in a city.',
    schema: place,
  }),
];

/** A LangGraph tool loop finds things out, a chain says them in a sentence. */
export class TravelAdvisor {
  private readonly agent;
  private readonly summary;
  /** One handler serves all calls. `agents` says which graphs are agents rather than workflows. */
  private readonly callbacks = [new TelemetryCallbackHandler({ agents: ['travel-agent'] })];

  constructor(model: ChatOpenAI) {
    const modelWithTools = model.bindTools(tools);
    this.agent = new StateGraph(MessagesAnnotation)
      .addNode('model', async ({ messages }) => ({ messages: [await modelWithTools.invoke(messages)] }))
      .addNode('tools', new ToolNode(tools))
      .addEdge(START, 'model')
      .addConditionalEdges('model', toolsCondition)
      .addEdge('tools', 'model')
      .compile({ name: 'travel-agent' });
    this.summary = ChatPromptTemplate.fromTemplate('Say this in one sentence: {text}')
      .pipe(model)
      .pipe(new StringOutputParser())
      .withConfig({ runName: 'summary' });
  }

  @Workflow('travel.advise')
  async advise(question: string): Promise<string> {
    const input = { messages: [{ role: 'user', content: question }] };
    const { messages } = await this.agent.invoke(input, { callbacks: this.callbacks });
    return this.summary.invoke({ text: messages.at(-1)?.text }, { callbacks: this.callbacks });
  }
}
