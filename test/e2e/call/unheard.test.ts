import { describe, expect, it } from '@jest/globals';
import { Child, run } from '../../support/sdk-child.js';

const SENTENCE = 'nothing listens: .*node --import annotel/register.*\n';

describe('an app that starts no SDK', () => {
  it('is silent', async () => {
    expect(await run(['unheard.mjs'])).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' });
  });

  it.each([
    [{ OTEL_LOG_LEVEL: 'debug' }, new RegExp(`^annotel: ${SENTENCE}$`)],
    [{ NODE_DEBUG: 'annotel' }, new RegExp(`^ANNOTEL \\d+: ${SENTENCE}$`)],
  ])('is told once, where it asks: %j', async (asking, sentence) => {
    expect(await run(['unheard.mjs'], asking)).toMatchObject({
      code: 0,
      stdout: 'done\n',
      stderr: expect.stringMatching(sentence),
    });
  });

  it('is told while it runs', async () => {
    await using child = new Child(['unheard.mjs', '1000000'], { OTEL_LOG_LEVEL: 'debug' });
    await child.complains('nothing listens');
  });

  it('is told nothing where an SDK runs, also one that exports nothing', async () => {
    const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    for (const environment of [{}, { ...off, ANNOTEL_CONSOLE: 'off' }]) {
      const args = ['--import', 'annotel/register', 'unheard.mjs'];
      const { stderr } = await run(args, { ...environment, OTEL_LOG_LEVEL: 'debug' });
      expect(stderr).not.toContain('nothing listens');
      expect(stderr).toContain('annotel: ');
    }
  });
});
