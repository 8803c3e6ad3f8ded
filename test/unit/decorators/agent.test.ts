import { describe, expect, test } from '@jest/globals';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { Agent, Embedding, LlmCall, Retrieval, ToolCall, Traced, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const used = (input: number, output: number) => ({
  object: 'chat.completion',
  model: 'm-1',
  choices: [],
  usage: { prompt_tokens: input, completion_tokens: output },
});

class Team {
  @Agent({ name: 'lead', description: 'Plans.', model: 'm' })
  async lead() {
    await this.ask(10, 1);
    await this.look();
    await this.plan();
    await this.write();
    await this.fails().catch(() => {});
    await this.ask(20, 2);
  }
  @Agent('writer')
  async write() {
    await this.ask(100, 50);
  }
  @Agent()
  async unnamed() {
    throw new RangeError('too far');
  }
  @Traced()
  async plan() {
    await this.embed();
    await this.find();
  }
  @LlmCall({ provider: 'p', model: 'm' })
  async ask(input: number, output: number) {
    return used(input, output);
  }
  @LlmCall({ provider: 'p', model: 'm' })
  async fails() {
    throw new Error('overloaded');
  }
  @ToolCall()
  async look() {
    return this.ask(1000, 1);
  }
  @Embedding({ provider: 'p', model: 'e' })
  async embed() {
    return { model: 'e', data: [{ embedding: [1] }], usage: { prompt_tokens: 5000 } };
  }
  @Retrieval({ dataSource: 'docs' })
  async find() {
    return [];
  }
  @Workflow('ask.team')
  async run() {
    await this.lead();
  }
}

test('an agent counts its own calls and tokens, and not those of an agent below it', async () => {
  await new Team().run();
  const turns = telemetry.spans.filter(({ name }) => name.startsWith('invoke_agent'));
  expect(turns).toEqual([
    {
      name: 'invoke_agent writer',
      kind: 'INTERNAL',
      parent: 'invoke_agent lead',
      attributes: {
        'annotel.agent.inference_calls': 1,
        'annotel.agent.tool_calls': 0,
        'annotel.operation': 'invoke_agent',
        'code.function.name': 'Team.write',
        'gen_ai.agent.name': 'writer',
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 50,
      },
    },
    {
      name: 'invoke_agent lead',
      kind: 'INTERNAL',
      parent: 'invoke_workflow ask.team',
      attributes: {
        'annotel.agent.inference_calls': 4,
        'annotel.agent.tool_calls': 1,
        'annotel.operation': 'invoke_agent',
        'code.function.name': 'Team.lead',
        'gen_ai.agent.description': 'Plans.',
        'gen_ai.agent.name': 'lead',
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.request.model': 'm',
        'gen_ai.usage.input_tokens': 1030,
        'gen_ai.usage.output_tokens': 4,
      },
    },
  ]);
});

test('everything below an agent names it, and nothing above', async () => {
  await new Team().run();
  const named = telemetry.spans.map(({ name, attributes }) => [name, attributes['gen_ai.agent.name']]);
  expect(named).toEqual([
    ['chat m', 'lead'],
    ['chat m', 'lead'],
    ['execute_tool look', 'lead'],
    ['embeddings e', 'lead'],
    ['retrieval docs', 'lead'],
    ['Team.plan', 'lead'],
    ['chat m', 'writer'],
    ['invoke_agent writer', 'writer'],
    ['chat m', 'lead'],
    ['chat m', 'lead'],
    ['invoke_agent lead', 'lead'],
    ['invoke_workflow ask.team', undefined],
  ]);
});

test('an agent without a name is called as its method; a failed turn is counted all the same', async () => {
  await expect(new Team().unnamed()).rejects.toThrow(RangeError);
  expect(telemetry.span).toMatchObject({
    name: 'invoke_agent Team.unnamed',
    error: 'too far',
    attributes: { 'error.type': 'RangeError', 'annotel.agent.inference_calls': 0 },
  });
  expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
});

describe('metrics', () => {
  const expectMetrics = async () => {
    const metrics = await telemetry.metrics();
    expect(metrics['gen_ai.invoke_agent.duration']).toEqual({
      unit: 's',
      buckets: [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6],
      points: [
        { attributes: { 'gen_ai.agent.name': 'lead', 'gen_ai.request.model': 'm' }, count: 1 },
        { attributes: { 'gen_ai.agent.name': 'writer' }, count: 1 },
      ],
    });
    const calls = { buckets: [1, 2, 4, 8, 16, 32, 64, 128] };
    expect(metrics['gen_ai.invoke_agent.inference_calls']).toEqual({
      ...calls,
      unit: '{inference_call}',
      points: [
        { attributes: { 'gen_ai.agent.name': 'lead' }, count: 1, sum: 4 },
        { attributes: { 'gen_ai.agent.name': 'writer' }, count: 1, sum: 1 },
      ],
    });
    expect(metrics['gen_ai.invoke_agent.tool_calls']).toEqual({
      ...calls,
      unit: '{tool_call}',
      points: [
        { attributes: { 'gen_ai.agent.name': 'lead' }, count: 1, sum: 1 },
        { attributes: { 'gen_ai.agent.name': 'writer' }, count: 1, sum: 0 },
      ],
    });
  };

  test('turns, model calls and tool calls are recorded by agent', async () => {
    await new Team().run();
    await expectMetrics();
  });

  test('so they are where nothing is sampled', async () => {
    await telemetry.restart({ sampler: new AlwaysOffSampler() });
    await new Team().run();
    await expectMetrics();
    expect(telemetry.spans).toEqual([]);
  });
});
