import { describe, expect, test } from '@jest/globals';
import { Agent, ToolCall, type ToolCallOptions } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

function raise(): never {
  throw new Error('not to be asked');
}

class Tools {
  @ToolCall()
  async weather(_city: string) {
    return { celsius: 21 };
  }
  @ToolCall('search_web')
  search(): string[] {
    return [];
  }
  @ToolCall({
    name: 'read_file',
    type: 'extension',
    description: 'Reads a file.',
    callId: (call: { id: string }) => call.id,
    attributes: { 'tool.tier': 2 },
  })
  async read(_call: { id: string }): Promise<string> {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  }
  @Agent('researcher')
  async research() {
    return this.weather('Bern');
  }
}

const tool = { 'annotel.operation': 'execute_tool', 'gen_ai.operation.name': 'execute_tool' };

test('a tool is named as its method, and says nothing of arguments and result', async () => {
  await expect(new Tools().weather('a secret city')).resolves.toEqual({ celsius: 21 });
  const attributes = {
    ...tool,
    'code.function.name': 'Tools.weather',
    'gen_ai.tool.name': 'weather',
    'gen_ai.tool.type': 'function',
  };
  expect(telemetry.span).toEqual({ name: 'execute_tool weather', kind: 'INTERNAL', attributes });
  expect(telemetry.logs).toEqual([
    { eventName: 'annotel.call', severity: 'DEBUG', body: 'Tools.weather succeeded', attributes },
  ]);
  expect(JSON.stringify([telemetry.logs, telemetry.spans])).not.toMatch(/secret|celsius/);
});

test('a tool may be named, and stays synchronous', () => {
  expect(new Tools().search()).toEqual([]);
  expect(telemetry.span).toMatchObject({
    name: 'execute_tool search_web',
    attributes: { 'gen_ai.tool.name': 'search_web' },
  });
});

test('a tool tells what it is and which call of the model it answers; a failure tells why', async () => {
  await expect(new Tools().read({ id: 'call_7' })).rejects.toThrow('no such file');
  expect(telemetry.span).toMatchObject({
    name: 'execute_tool read_file',
    error: 'no such file',
    attributes: {
      'error.type': 'ENOENT',
      'gen_ai.tool.call.id': 'call_7',
      'gen_ai.tool.description': 'Reads a file.',
      'gen_ai.tool.type': 'extension',
      'tool.tier': 2,
    },
  });
  expect(telemetry.logs[0]).toMatchObject({ eventName: 'exception', severity: 'WARN' });
});

describe('a method that dispatches', () => {
  const call = (name = 'get_weather') => ({
    id: 'call_9',
    type: 'function',
    function: { name, arguments: '{"city":"Bern"}' },
  });
  const dispatched = (options?: ToolCallOptions) => {
    class Dispatcher {
      @ToolCall(options)
      run(_call: object, _user?: { token: string }): string {
        return 'sunny';
      }
    }
    return new Dispatcher();
  };
  const shown = () => {
    const { name, attributes } = telemetry.span;
    const { 'gen_ai.tool.name': tool, 'gen_ai.tool.call.id': id, 'gen_ai.tool.call.arguments': given } = attributes;
    return { name, tool, id, given: typeof given === 'string' ? JSON.parse(given) : given };
  };
  const capturing = () => telemetry.restart({ settings: { content: 'SPAN_AND_EVENT' } });

  test('is named and identified by the tool call object that it takes', () => {
    expect(dispatched().run(call())).toBe('sunny');
    expect(shown()).toEqual({ name: 'execute_tool get_weather', tool: 'get_weather', id: 'call_9', given: undefined });
    expect(JSON.stringify([telemetry.logs, telemetry.spans])).not.toContain('Bern');
  });

  test('records the arguments of the call, parsed and without what else the method takes', async () => {
    await capturing();
    dispatched().run(call(), { token: 'mine' });
    expect(shown().given).toEqual({ city: 'Bern' });
  });

  test('records the text of a custom tool as it is', async () => {
    await capturing();
    dispatched().run({ id: 'call_1', type: 'custom', custom: { name: 'shell', input: 'ls -l' } });
    expect(telemetry.span.attributes['gen_ai.tool.call.arguments']).toBe('ls -l');
  });

  test('takes what the options say instead', async () => {
    await capturing();
    const options = { name: 'weather', callId: () => 'mine', arguments: (_call: object) => ({ city: 'somewhere' }) };
    dispatched(options).run(call());
    expect(shown()).toEqual({
      name: 'execute_tool weather',
      tool: 'weather',
      id: 'mine',
      given: { city: 'somewhere' },
    });
  });

  test.each<[what: string, options: ToolCallOptions]>([
    ['throws', { arguments: raise }],
    ['has nothing to tell', { arguments: () => undefined }],
  ])('records no arguments where the option %s', async (_what, options) => {
    await telemetry.restart({ rethrowFaults: false, settings: { content: 'SPAN_AND_EVENT' } });
    dispatched(options).run(call());
    expect(shown()).toMatchObject({ tool: 'get_weather', given: undefined });
  });

  test('does not ask for arguments that are not captured', () => {
    dispatched({ arguments: raise }).run(call());
    expect(telemetry.span.error).toBeUndefined();
  });

  test.each([
    ['of 128 characters', 'x'.repeat(128), 'x'.repeat(128)],
    ['in any script', 'météo 天气', 'météo 天气'],
    ['longer than that', 'x'.repeat(129), 'run'],
    ['of two lines', 'get\nweather', 'run'],
    ['with what a terminal obeys', 'get\u001b[31m', 'run'],
    ['that cannot be seen', '\u200b', 'run'],
    ['of blanks', '   ', 'run'],
  ])('is named by a name %s, or as the method', (_what, given, tool) => {
    dispatched().run(call(given));
    dispatched({ name: (asked: ReturnType<typeof call>) => asked.function.name }).run(call(given));
    const names = telemetry.spans.map(({ attributes }) => attributes['gen_ai.tool.name']);
    expect(names).toEqual([tool, tool]);
  });

  test('reads nothing that its call would trip over', () => {
    const hostile = new Proxy({}, { get: raise });
    return telemetry.restart({ rethrowFaults: false }).then(() => {
      expect(dispatched().run(hostile)).toBe('sunny');
      expect(shown().name).toBe('execute_tool run');
    });
  });
});

test('what a tool takes that is no tool call object is its arguments', async () => {
  await telemetry.restart({ settings: { content: 'SPAN_AND_EVENT' } });
  await new Tools().weather('Bern');
  expect(telemetry.span.attributes['gen_ai.tool.call.arguments']).toBe('Bern');
});

describe('metrics', () => {
  test('the name that a model gave is a dimension', async () => {
    ToolCall()(function run(_call: object) {})({ name: 'get_time', args: {} });
    expect(await telemetry.points('gen_ai.execute_tool.duration')).toEqual([
      { attributes: { 'gen_ai.tool.name': 'get_time', 'gen_ai.tool.type': 'function' }, count: 1 },
    ]);
  });

  test('its duration is recorded by tool, type, agent and error, and not as that of a client', async () => {
    await new Tools().research();
    await new Tools().read({ id: 'call_7' }).catch(() => {});
    expect(await telemetry.points('gen_ai.execute_tool.duration')).toEqual([
      {
        attributes: { 'error.type': 'ENOENT', 'gen_ai.tool.name': 'read_file', 'gen_ai.tool.type': 'extension' },
        count: 1,
      },
      {
        attributes: {
          'gen_ai.agent.name': 'researcher',
          'gen_ai.tool.name': 'weather',
          'gen_ai.tool.type': 'function',
        },
        count: 1,
      },
    ]);
    expect(await telemetry.points('gen_ai.client.operation.duration')).toEqual([]);
  });
});
