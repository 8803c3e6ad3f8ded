import { prints } from '../expectations.js';
import { SHOP } from '../program.js';

const COMPILER_OPTIONS = {
  target: 'es2022',
  module: 'commonjs',
  moduleResolution: 'node10',
  ignoreDeprecations: '6.0',
  experimentalDecorators: true,
  esModuleInterop: true,
  strict: true,
};

/** A unit test as a team has it: it knows nothing of telemetry; and one that looks at what is emitted. */
const spec = (imports = '') => `
${imports}
import { captureTelemetry } from 'annotel/testing';
import { Shop } from './shop';

test('answers', async () => {
  const { choices } = await new Shop().answer('What do you sell?');
  expect(choices[0].message.content).toBe('Tea.');
});

test('is recorded', async () => {
  const telemetry = captureTelemetry();
  await new Shop().answer('What do you sell?');
  const [inner, outer] = telemetry.spans;
  expect([outer.name, inner.name]).toEqual(['Shop.answer', 'chat gpt-4o-mini']);
  expect(inner.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
  expect(inner.attributes['annotel.cost.amount']).toBeGreaterThan(0);
  expect((await telemetry.metrics()).map(({ descriptor }) => descriptor.name)).toContain('annotel.cost');
  expect(telemetry.logs.map(({ body }) => body)).toContain('Shop.ask succeeded');
  await telemetry.stop();
});
`;

const NODE_TEST = `
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureTelemetry } from 'annotel/testing';
import { Shop } from './shop.js';

test('is recorded', async () => {
  const telemetry = captureTelemetry();
  await new Shop().answer('What do you sell?');
  assert.deepEqual(telemetry.spans.map(({ name }) => name), ['chat gpt-4o-mini', 'Shop.answer']);
  assert.ok((await telemetry.metrics()).some(({ descriptor }) => descriptor.name === 'annotel.cost'));
  assert.equal(telemetry.logs.length, 2);
  await telemetry.stop();
});
`;

const passed = prints(/Tests:? +2 passed/);

/** The runners of tests, each with the configuration that its documents begin with. */
export const RUNNERS = [
  {
    name: 'Jest 29',
    packages: {
      jest: '29.7.0',
      'ts-jest': '29.4.15',
      '@types/jest': '29.5.14',
      typescript: '5.9.3',
      '@swc/core': '1.16.22',
      '@swc/jest': '0.2.39',
    },
    cells: [
      {
        name: 'ts-jest 29, CommonJS',
        files: {
          'shop.ts': SHOP,
          'shop.test.ts': spec(),
          'tsconfig.json': JSON.stringify({ compilerOptions: { ...COMPILER_OPTIONS, ignoreDeprecations: undefined } }),
          'package.json': JSON.stringify({ jest: { preset: 'ts-jest' } }),
        },
        run: ['jest'],
        expect: passed,
      },
      {
        name: '@swc/jest, CommonJS',
        files: {
          'shop.ts': SHOP,
          'shop.test.ts': spec(),
          'package.json': JSON.stringify({ jest: { transform: { '\\.ts$': '@swc/jest' } } }),
          '.swcrc': JSON.stringify({
            jsc: { parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true } },
          }),
        },
        run: ['jest'],
        expect: passed,
      },
    ],
  },
  {
    name: 'Vitest 5',
    packages: { vitest: '5.1.2' },
    cells: [
      {
        name: 'ES modules',
        files: {
          'shop.ts': SHOP,
          'shop.test.ts': spec("import { expect, test } from 'vitest';"),
          'package.json': JSON.stringify({ type: 'module' }),
          'tsconfig.json': JSON.stringify({ compilerOptions: { experimentalDecorators: true, target: 'es2022' } }),
        },
        run: ['vitest run'],
        expect: passed,
      },
    ],
  },
  {
    name: 'node:test',
    packages: { typescript: '5.9.3', '@types/node': '24.19.4' },
    cells: ['nodenext', 'commonjs'].map((module) => ({
      name: module === 'commonjs' ? 'CommonJS' : 'ES modules',
      files: {
        'shop.ts': SHOP,
        'shop.test.ts': NODE_TEST,
        'package.json': JSON.stringify({ type: module === 'commonjs' ? 'commonjs' : 'module' }),
        'tsconfig.json': JSON.stringify({
          compilerOptions: {
            target: 'es2022',
            module: 'nodenext',
            experimentalDecorators: true,
            strict: true,
            types: ['node'],
          },
        }),
      },
      run: ['tsc', "node --test '*.test.js'"],
      expect: prints(/pass 1\b/),
    })),
  },
];
