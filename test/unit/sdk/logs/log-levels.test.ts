import { describe, expect, it } from '@jest/globals';
import { SeverityNumber } from '@opentelemetry/api';
import { LogLevels, parseLogLevels } from '../../../../lib/sdk/logs/log-levels.js';

const levels = (text: string) => new LogLevels(parseLogLevels(text).rules);

describe('parseLogLevels', () => {
  it.each([
    ['', [], []],
    [' , ', [], []],
    ['RagService=debug', [{ pattern: 'RagService', least: 5 }], []],
    [
      'a=trace,b=debug,c=info,d=warn,e=error,f=fatal',
      [1, 5, 9, 13, 17, 21].map((least, index) => ({ pattern: 'abcdef'[index], least })),
      [],
    ],
    [
      'noise = OFF , *=Warn',
      [
        { pattern: 'noise', least: Number.POSITIVE_INFINITY },
        { pattern: '*', least: 13 },
      ],
      [],
    ],
    ['a=b=info', [{ pattern: 'a=b', least: 9 }], []],
    ['a=loud,warn,=info,b=,c=info', [{ pattern: 'c', least: 9 }], ['a=loud', 'warn', '=info', 'b=']],
    ['a=toString,b=__proto__', [], ['a=toString', 'b=__proto__']],
  ])('reads %j', (text, rules, unknown) => {
    expect(parseLogLevels(text)).toEqual({ rules, unknown });
  });
});

describe('LogLevels', () => {
  it.each([
    ['', 'Anything', SeverityNumber.TRACE, true],
    ['RagService=warn', 'RagService', SeverityNumber.INFO4, false],
    ['RagService=warn', 'RagService', SeverityNumber.WARN, true],
    ['RagService=warn', 'OtherService', SeverityNumber.TRACE, true],
    ['RagService=warn', 'ragservice', SeverityNumber.TRACE, true],
    ['RagService=off', 'RagService', SeverityNumber.FATAL4, false],
    // Without a severity it is information.
    ['*=info', 'a', undefined, true],
    ['*=info', 'a', SeverityNumber.UNSPECIFIED, true],
    ['*=warn', 'a', undefined, false],
    // The name itself first, then the longer pattern, `*` last, wherever they stand.
    ['Rag*=error,*=warn,RagService=debug', 'RagService', SeverityNumber.DEBUG, true],
    ['RagService=debug,Rag*=error,*=warn', 'RagStore', SeverityNumber.WARN, false],
    ['*=off,*Store=error,RagStor*=info', 'RagStore', SeverityNumber.INFO, true],
    ['*=off,Rag*=info', 'Cat', SeverityNumber.FATAL, false],
    ['a*=debug,*b=error', 'ab', SeverityNumber.DEBUG, false],
    ['*b=error,a*=debug', 'ab', SeverityNumber.DEBUG, true],
    ['a=error,a=debug', 'a', SeverityNumber.DEBUG, true],
    ['*Service*=error', 'MyServiceImpl', SeverityNumber.WARN, false],
    ['@opentelemetry/*=off', '@opentelemetry/winston-transport', SeverityNumber.FATAL, false],
    ['a.b=off', 'axb', SeverityNumber.INFO, true],
    ['a(*=off', 'a(b\nc', SeverityNumber.INFO, false],
  ])('%j lets %j at %s: %s', (text, name, severity, wanted) => {
    const chosen = levels(text);
    expect(chosen.isWanted(name, severity)).toBe(wanted);
    expect(chosen.isWanted(name, severity)).toBe(wanted);
  });

  it('answers for any number of names', () => {
    const chosen = levels('cat-*9=off');
    const unwanted = Array.from({ length: 5000 }, (_, index) => `cat-${index}`).filter(
      (name) => !chosen.isWanted(name, 9),
    );
    expect(unwanted).toHaveLength(500);
    expect(chosen.isWanted('cat-9', 9)).toBe(false);
  });
});
