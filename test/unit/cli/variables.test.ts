import { describe, expect, it } from '@jest/globals';
import { parseEnvFile, variablesIn } from '../../../lib/cli/doctor/app/variables.js';

it('a file of the kind of .env', () => {
  const text = `# of the shop
OTEL_SERVICE_NAME = shop   # a comment
export OTEL_EXPORTER_OTLP_HEADERS="api-key=a#b,x=1"
SINGLE='a "b"'
EMPTY=
\tTABBED=1\r
`;
  expect(parseEnvFile(text)).toEqual({
    OTEL_SERVICE_NAME: 'shop',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a#b,x=1',
    SINGLE: 'a "b"',
    EMPTY: '',
    TABBED: '1',
  });
});

describe('variables in', () => {
  const expected = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SERVICE_NAME: 'shop' };
  it.each<[string, string]>([
    [
      'Dockerfile',
      'ARG OTEL\nENV OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 \\\n    OTEL_SERVICE_NAME="shop"\n# ENV OTEL_X=1',
    ],
    ['Dockerfile of old', 'ENV OTEL_EXPORTER_OTLP_ENDPOINT http://collector:4318\nENV OTEL_SERVICE_NAME shop'],
    [
      'compose.yaml, a map',
      'environment:\n  OTEL_EXPORTER_OTLP_ENDPOINT: http://collector:4318 # there\n  OTEL_SERVICE_NAME: "shop"\n',
    ],
    [
      'compose.yaml, a list',
      'environment:\n  - OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\n  - "OTEL_SERVICE_NAME=shop"\n',
    ],
    [
      'Kubernetes',
      'env:\n  - name: OTEL_EXPORTER_OTLP_ENDPOINT\n    value: http://collector:4318\n  - name: OTEL_SERVICE_NAME\n    value: "shop"\n',
    ],
    ['JavaScript', "env: {\n  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',\n  OTEL_SERVICE_NAME: 'shop',\n}"],
    ['one line', "env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SERVICE_NAME: 'shop' }"],
    ['JSON', '{\n "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",\n "OTEL_SERVICE_NAME": "shop"\n}'],
    ['TOML', '[env]\nOTEL_EXPORTER_OTLP_ENDPOINT = "http://collector:4318"\nOTEL_SERVICE_NAME = "shop"\n'],
    [
      'a unit of systemd',
      'Environment=OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\nEnvironment="OTEL_SERVICE_NAME=shop"\n',
    ],
  ])('%s', (_kind, text) => {
    expect(variablesIn(text)).toEqual(expected);
  });
});
