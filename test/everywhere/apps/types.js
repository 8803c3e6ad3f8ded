import { check, prints } from '../expectations.js';

const CORE = `
import { configure, LlmCall, Traced, withRequestContext } from 'annotel';
import { TelemetryCallbackHandler } from 'annotel/langchain';
import { runningTelemetry, startTelemetry, type TelemetryOptions } from 'annotel/sdk';
import { captureTelemetry } from 'annotel/testing';
import 'annotel/register';

export class Shop {
  @Traced({ attributes: (question: string) => ({ question }) })
  async answer(question: string): Promise<string> {
    return this.ask({ model: question });
  }
  @LlmCall({ provider: 'openai' })
  async ask(request: { model: string }): Promise<string> {
    return request.model;
  }
}
export const options: TelemetryOptions = { serviceName: 'shop' };
export const used = [configure, withRequestContext, startTelemetry, runningTelemetry, captureTelemetry, TelemetryCallbackHandler];
`;
const WITH_NEST = `
import { Module } from '@nestjs/common';
import { TelemetryLogger, TelemetryModule } from 'annotel/nest';

@Module({ imports: [TelemetryModule.forRoot()] })
export class AppModule {}
export const logger = TelemetryLogger;
`;

const PACKAGES = { typescript: '5.9.3', 'typescript-7': 'npm:typescript@7.0.2', '@types/node': '24.19.4' };
const nest = (version) => ({
  '@nestjs/common': version,
  '@nestjs/core': version,
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
});
const TSC = { 5: 'tsc', 7: 'node ../node_modules/typescript-7/bin/tsc' };

/** The types, as TypeScript reads them in the settings that apps have. */
export const TYPES = [
  {
    name: 'types',
    packages: { ...PACKAGES, ...nest('11.2.10'), '@arethetypeswrong/cli': '0.18.5', publint: '0.3.25' },
    cells: [
      { name: 'attw', run: ['attw --no-color --no-emoji $ANNOTEL'], expect: prints(/No problems found/) },
      { name: 'publint', run: ['publint run --strict $ANNOTEL'], expect: prints(/All good/) },
      ...['module', 'commonjs'].flatMap((format) => [
        compiled(5, format, { module: 'node16' }),
        compiled(5, format, { module: 'nodenext' }),
        compiled(5, format, { module: 'esnext', moduleResolution: 'bundler' }),
        compiled(7, format, { module: 'nodenext' }),
        compiled(7, format, { module: 'commonjs', moduleResolution: 'bundler' }),
      ]),
      compiled(5, 'commonjs', { module: 'commonjs', moduleResolution: 'node10' }),
    ],
  },
  {
    name: 'types, Nest 12',
    packages: { ...PACKAGES, ...nest('12.5.1') },
    cells: [
      compiled(5, 'module', { module: 'node16' }),
      compiled(5, 'module', { module: 'nodenext' }),
      compiled(5, 'commonjs', { module: 'nodenext' }),
      {
        ...compiled(5, 'commonjs', { module: 'node16' }),
        // Nest 12 is ES modules only, which CommonJS cannot require by the rules of Node 16.
        expect({ output }) {
          const errors = output.match(/error TS\d+/g) ?? [];
          check(errors.length > 0 && errors.every((error) => error === 'error TS1479'), 'other errors');
          return 'TS1479: Nest 12 is ES modules only';
        },
      },
    ],
  },
];

function compiled(version, format, options) {
  const { module, moduleResolution = '' } = options;
  const compilerOptions = { target: 'es2022', strict: true, noEmit: true, experimentalDecorators: true, ...options };
  const name = [`TypeScript ${version}`, format === 'module' ? 'ES module' : 'CommonJS', module, moduleResolution];
  return {
    name: name.filter(Boolean).join(', '),
    files: {
      'core.ts': CORE,
      'nest.ts': WITH_NEST,
      'package.json': JSON.stringify({ type: format }),
      'tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true, types: ['node'] } }),
    },
    run: [`${TSC[version]} || true`],
    expect({ output }) {
      check(output === '', 'it does not compile');
      return 'compiles';
    },
  };
}
