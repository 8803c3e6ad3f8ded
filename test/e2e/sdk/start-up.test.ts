import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { run, warnings } from '../../support/sdk-child.js';
import { Collector } from '../../support/sdk-collector.js';

jest.setTimeout(60_000);

const WORK = join(import.meta.dirname, '../../support/sdk-apps/work.mjs');
const REGISTER = ['--import', 'annotel/register'];
const OFF = { ANNOTEL_CONSOLE: 'off' };

describe('annotel/register', () => {
  let collector: Collector;
  let folder: string;

  beforeEach(async () => {
    collector = await Collector.start();
    folder = await mkdtemp(join(tmpdir(), 'annotel-start-up-'));
  });
  afterEach(async () => {
    await collector.close();
    await rm(folder, { recursive: true });
  });

  describe('and the variables of an app', () => {
    const inFolder = (args: string[], environment: Record<string, string> = {}) =>
      run(['-r', './in-folder.cjs', ...args], { APP_FOLDER: folder, ...environment });
    const loads = `process.loadEnvFile(); console.log(process.env.OTEL_SERVICE_NAME, process.env.DATABASE);`;

    beforeEach(async () => {
      const lines = [
        `OTEL_EXPORTER_OTLP_ENDPOINT=${collector.url}`,
        'OTEL_EXPORTER_OTLP_PROTOCOL="http/json"',
        'OTEL_SERVICE_NAME=shop',
        'DATABASE=x',
      ];
      await writeFile(join(folder, '.env'), lines.join('\n'));
    });

    it('says once that they are in a .env that it has not read', async () => {
      const ended = await inFolder(['-e', loads], OFF);
      expect(ended).toMatchObject({ code: 0, stdout: 'shop x\n' });
      expect(warnings(ended)).toEqual([
        'annotel: .env sets OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_SERVICE_NAME, but telemetry has ' +
          'started without: start with ANNOTEL_ENV_FILE=.env in the environment, or with node --env-file=.env',
      ]);
    });

    it('loads the files that ANNOTEL_ENV_FILE names, and leaves what is set', async () => {
      const environment = { ANNOTEL_ENV_FILE: '.env', OTEL_SERVICE_NAME: 'till' };
      expect(await inFolder([WORK], environment)).toMatchObject({ code: 0, stdout: 'answer 42\n', stderr: '' });
      expect(collector.spanNames).toEqual(['work']);
      expect(collector.resource).toMatchObject({ 'service.name': 'till' });
      expect((await inFolder(['-e', loads], environment)).stdout).toBe('till x\n');
    });

    it('goes without a file that is not there', async () => {
      const ended = await inFolder([WORK], { ANNOTEL_ENV_FILE: '.env.local, .env' });
      expect(ended).toMatchObject({ code: 0, stdout: 'answer 42\n' });
      expect(warnings(ended)).toEqual([expect.stringMatching(/ANNOTEL_ENV_FILE="\.env\.local" .*\(ENOENT\)/)]);
      expect(collector.spanNames).toEqual(['work']);
    });

    it.each([
      ['', 'process.env.OTEL_SERVICE_NAME = "late"'],
      [', and once', 'process.env.ANNOTEL_KEEP = "none"; import("annotel/sdk").then((sdk) => sdk.startTelemetry())'],
    ])('says that they came after the start%s', async (_how, code) => {
      const ended = await run([...REGISTER, '-e', code], OFF);
      expect(ended.code).toBe(0);
      expect(warnings(ended)).toEqual([
        expect.stringMatching(/^annotel: telemetry had started before (OTEL_SERVICE_NAME|ANNOTEL_KEEP) came into /),
      ]);
    });

    it('says nothing of what is no variable of telemetry', async () => {
      const code = 'process.env.OTEL_PYTHON_X = process.env.DATABASE = "x"; delete process.env.OTEL_LOG_LEVEL';
      expect(await run([...REGISTER, '-e', code], { ...OFF, OTEL_LOG_LEVEL: 'warn' })).toMatchObject({ stderr: '' });
    });

    it('sends with the headers that can be sent, by either way', async () => {
      const environment = {
        OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/in?tenant=7`,
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k%0A,x-broken=50%zz',
        ...OFF,
      };
      for (const protocol of ['http/json', 'http/protobuf']) {
        collector.requests.length = 0;
        const ended = await run([...REGISTER, WORK], { ...environment, OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
        expect(ended.code).toBe(0);
        expect(warnings(ended)).toEqual([
          expect.stringMatching(/OTEL_EXPORTER_OTLP_HEADERS: api-key is sent without .*; x-broken is left out/),
        ]);
        // What is sent at the exit is sent by a thread.
        const exiting = 'require("@opentelemetry/api").trace.getTracer("t").startSpan("s").end(); process.exit()';
        await run([...REGISTER, '-e', exiting], { ...environment, OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
        const asked = collector.requests.map(({ path, headers }) => [path, headers['api-key'], headers['x-broken']]);
        expect(asked.length).toBeGreaterThanOrEqual(4);
        for (const [path, key, broken] of asked) {
          expect([key, broken]).toEqual(['k', undefined]);
          expect(path).toMatch(/^\/in\/v1\/(traces|metrics|logs)\?tenant=7$/);
        }
      }
    });
  });

  it.each(['@opentelemetry/sdk-node', 'otlp-transformer', 'start.cjs', 'launchers.cjs'])(
    'never ends the app: %s is missing',
    async (missing) => {
      for (const option of ['--import', '-r']) {
        const ended = await run(['-r', './missing.cjs', option, 'annotel/register', '-p', '42'], {
          APP_MISSING: missing,
        });
        expect(ended).toMatchObject({ code: 0, stdout: '42\n' });
        expect(ended.stderr).toMatch(
          /^annotel: cannot start telemetry, and the app runs without: Cannot find module .*\n$/,
        );
      }
    },
  );
});
