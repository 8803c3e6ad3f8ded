import { describe, expect, it } from '@jest/globals';
import { loggerName } from '../../../../lib/sdk/logs/log-levels.js';

const PINO = '@opentelemetry/instrumentation-pino';

describe('loggerName', () => {
  it.each([
    ['CatsService', {}, 'CatsService'],
    ['console', { name: 'other' }, 'console'],
    [PINO, {}, 'pino'],
    [PINO, { name: 'billing', context: 'CatsService' }, 'billing'],
    [PINO, { context: 'CatsService' }, 'CatsService'],
    [PINO, { name: 7, context: '' }, 'pino'],
    ['winston', {}, 'winston'],
    ['winston', { service: 'billing', label: 'ledger' }, 'billing'],
    ['winston', { label: 'ledger', context: 'CatsService' }, 'ledger'],
    ['winston', { context: 'CatsService' }, 'CatsService'],
    ['annotel', { 'code.function.name': 'RagService.answer' }, 'RagService'],
    ['annotel', { 'code.function.name': 'answer' }, 'annotel'],
    ['annotel', { 'code.function.name': '.answer' }, 'annotel'],
    ['annotel', {}, 'annotel'],
    ['@opentelemetry/winston-transport', { service: 'billing' }, '@opentelemetry/winston-transport'],
  ])('of scope %s with %j is %s', (name, attributes, expected) => {
    expect(loggerName({ instrumentationScope: { name }, attributes })).toBe(expected);
  });
});
