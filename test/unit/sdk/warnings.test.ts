import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { diagLogger, forgetReported, silence, warn, warnOfValue } from '../../../lib/sdk/warnings.js';
import { listen } from '../../support/sdk-stderr.js';

describe('warnings', () => {
  let said: string[];

  beforeEach(() => {
    forgetReported();
    said = listen();
  });
  afterEach(() => {
    silence(false);
    jest.restoreAllMocks();
  });

  it('go to stderr with a prefix, and take no percent sign for a format', () => {
    warn('100 %s sure');
    expect(said).toEqual(['annotel: 100 %s sure']);
  });

  it('survive a stderr that is gone', () => {
    jest.spyOn(process.stderr, 'write').mockImplementation(() => {
      throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    });
    expect(() => warn('nobody listens')).not.toThrow();
  });

  it('complain of a variable once per value, until the next start', () => {
    const again = () => warnOfValue('ANNOTEL_X', 'y', 'z', 'z');
    again();
    again();
    expect(said).toEqual(['annotel: ANNOTEL_X="y" is not understood (allowed: z); using z']);
    forgetReported();
    again();
    expect(said).toHaveLength(2);
  });

  it('can be silenced', () => {
    silence(true);
    warn('hello');
    diagLogger().error('hello');
    expect(said).toEqual([]);
  });

  describe('of diag', () => {
    it('are made once each', () => {
      const logger = diagLogger();
      logger.warn('module', 'twice', { a: 1 });
      logger.warn('module', 'twice', { a: 1 });
      logger.error('another');
      expect(said).toEqual(['annotel: module twice { a: 1 }', 'annotel: another']);
    });

    it('leave out what the exporters take for a broken endpoint, and gRPC does not', () => {
      const bad = "Could not parse environment-provided export URL: '127.0.0.1:4317', falling back to undefined";
      diagLogger().warn(`Configuration: ${bad}`);
      expect(said).toEqual([]);
    });

    it('are as many as asked for below warning', () => {
      const logger = diagLogger();
      logger.info('info');
      logger.info('info');
      logger.debug('debug');
      logger.verbose('verbose');
      expect(said).toHaveLength(4);
    });

    it('are bounded in number and length', () => {
      const logger = diagLogger();
      for (let index = 0; index < 300; index += 1) logger.warn(`warning ${index} ${'x'.repeat(2000)}`);
      expect(said).toHaveLength(200);
      expect(said[0]?.length).toBeLessThan(620);
    });

    it('name an error without its stack, also where the SDK writes it as JSON', () => {
      const logger = diagLogger();
      logger.error('failed', new TypeError('no'));
      logger.error(JSON.stringify({ stack: 'Error: Timeout\n    at x', message: 'Timeout', name: 'Error' }));
      logger.error('{"not": json');
      logger.error('{"other":"json"}');
      expect(said).toEqual([
        'annotel: failed TypeError: no',
        'annotel: Error: Timeout',
        'annotel: {"not": json',
        'annotel: {"other":"json"}',
      ]);
    });

    it('have one prefix', () => {
      diagLogger().warn('annotel: from the other side');
      expect(said).toEqual(['annotel: from the other side']);
    });

    it('do not repeat a complaint, nor what is said with its mend elsewhere', () => {
      warnOfValue('OTEL_PROPAGATORS', 'pigeon,crow', 'b3', 'b3');
      const logger = diagLogger();
      logger.warn('Propagator "crow" requested through environment variable is unavailable.');
      logger.warn('something about OTEL_PROPAGATORS');
      expect(said).toHaveLength(1);
    });

    it('say once and in plain words that another SDK came too late', () => {
      const logger = diagLogger();
      logger.error('@opentelemetry/api: Attempted duplicate registration of API: trace');
      logger.error('@opentelemetry/api: Attempted duplicate registration of API: metrics');
      expect(said).toEqual([expect.stringContaining('another OpenTelemetry SDK was started after annotel')]);
    });

    it('know the same trouble again by its words, not by bytes or ids', () => {
      const logger = diagLogger();
      logger.warn('could not read the answer', Buffer.from('one'));
      logger.warn('could not read the answer', Buffer.from('two'));
      logger.warn(`the span is ended {traceId: ${'1'.repeat(32)}, spanId: ${'2'.repeat(16)}}`);
      logger.warn(`the span is ended {traceId: ${'3'.repeat(32)}, spanId: ${'4'.repeat(16)}}`);
      expect(said).toHaveLength(2);
    });
  });
});
