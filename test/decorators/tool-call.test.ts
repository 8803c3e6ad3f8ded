import { describe, expect, test } from '@jest/globals';
import { Agent, ToolCall } from '../../lib/index.js';
import { useTelemetry } from '../support/telemetry.js';

const telemetry = useTelemetry();

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

describe('metrics', () => {
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
