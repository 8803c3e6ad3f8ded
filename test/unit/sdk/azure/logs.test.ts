import { describe, expect, it } from '@jest/globals';
import { logs, SeverityNumber } from '@opentelemetry/api';
import { useAzureTelemetry } from '../../../support/azure-telemetry.js';

describe('a log record in Azure Monitor', () => {
  const { ingestion, flush } = useAzureTelemetry();

  it.each([
    [SeverityNumber.TRACE, 'Verbose'],
    [SeverityNumber.DEBUG, 'Verbose'],
    [SeverityNumber.INFO, 'Information'],
    [SeverityNumber.WARN, 'Warning'],
    [SeverityNumber.ERROR, 'Error'],
    [SeverityNumber.FATAL, 'Critical'],
  ])('a log line of severity %s: a trace of level %s', async (severityNumber, severityLevel) => {
    logs
      .getLogger('pino')
      .emit({ severityNumber, body: 'hello', attributes: { 'user.id': 'ann', 'session.id': 's', 'server.port': 80 } });
    await flush();
    expect(ingestion().data('MessageData')).toMatchObject([
      { message: 'hello', severityLevel, properties: { 'user.id': 'ann', 'annotel.server.port': '80' } },
    ]);
    expect(ingestion().of('MessageData')[0]?.tags).toMatchObject({ 'ai.user.authUserId': 'ann', 'ai.session.id': 's' });
  });

  it.each<[string, object, string, object]>([
    ['has nothing but attributes', { attributes: { a: 1 } }, 'MessageData', { properties: { a: '1' } }],
    ['has an object for its body', { body: { a: [1] } }, 'MessageData', { message: '{"a":[1]}' }],
    [
      'is an event with an object for its body',
      { eventName: 'e', body: { a: 1 } },
      'EventData',
      { name: 'e', properties: { 'annotel.event.body': '{"a":1}' } },
    ],
    [
      'tells an exception without its message',
      { attributes: { 'exception.type': 'E', 'exception.stacktrace': 'E\n at x' } },
      'ExceptionData',
      { exceptions: [{ typeName: 'E', message: '', stack: 'E\n at x', hasFullStack: true }] },
    ],
    [
      'tells an exception without its stack',
      { body: 'failed', attributes: { 'exception.type': 'E' } },
      'MessageData',
      { message: 'failed', properties: { 'annotel.exception.type': 'E' } },
    ],
    [
      'says itself which custom event it is',
      { body: 'x', attributes: { 'microsoft.custom_event.name': 'mine' } },
      'EventData',
      { name: 'mine' },
    ],
  ])('a log record that %s is not lost', async (_what, record, type, data) => {
    logs.getLogger('test').emit(record);
    await flush();
    expect(ingestion().envelopes.map((envelope) => envelope.data.baseType)).toEqual([type]);
    expect(ingestion().data(type)).toMatchObject([data]);
  });

  it('a log record of a sampled trace: counted for all that it stands for', async () => {
    logs.getLogger('test').emit({ body: 'one of four', attributes: { 'annotel.sampling.weight': 4 } });
    await flush();
    expect(ingestion().of('MessageData')).toMatchObject([{ sampleRate: 25 }]);
  });
});
