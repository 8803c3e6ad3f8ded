import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { unreadSentence, unreadVariables } from '../../../../lib/sdk/configuration/env-files.js';

describe('.env files that an app loads itself', () => {
  let folder: string;
  const file = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), lines.join('\n'));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'annotel-env-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are told where they set variables of telemetry that the environment lacks', () => {
    file('.env', 'DATABASE_URL=x', 'export OTEL_SERVICE_NAME="shop"', 'ANNOTEL_KEEP=none', 'OTEL_LOG_LEVEL=');
    file('.env.local', '# OTEL_SERVICE_NAME=x', 'APPLICATIONINSIGHTS_CONNECTION_STRING=x', 'OTEL_PYTHON_X=1');
    file('.env.test', 'OTEL_TRACES_EXPORTER=otlp');
    expect(unreadVariables(folder, { ANNOTEL_KEEP: '', NODE_ENV: 'test' })).toEqual([
      { file: '.env', names: ['OTEL_SERVICE_NAME'] },
      { file: '.env.local', names: ['APPLICATIONINSIGHTS_CONNECTION_STRING'] },
      { file: '.env.test', names: ['OTEL_TRACES_EXPORTER'] },
    ]);
    expect(unreadVariables(folder, {}).map((unread) => unread.file)).toEqual(['.env', '.env.local']);
  });

  it('are passed over where there are none, or where they cannot be read', () => {
    expect(unreadVariables(join(folder, 'nowhere'), {})).toEqual([]);
    file('.env', '\u0000=\n=x\n"');
    expect(unreadVariables(folder, { NODE_ENV: '../..\u0000' })).toEqual([]);
  });

  it('are told with their mend, and without what they say', () => {
    const names = ['OTEL_A', 'OTEL_B', 'OTEL_C', 'OTEL_D', 'OTEL_E'];
    expect(unreadSentence({ file: '.env', names })).toBe(
      '.env sets OTEL_A, OTEL_B, OTEL_C and 2 more, but telemetry has started without: ' +
        'start with ANNOTEL_ENV_FILE=.env in the environment, or with node --env-file=.env',
    );
  });
});
