import { check, prints } from '../expectations.js';
import { BANNER } from './compilers.js';

/*
 * The app that Nest's own command makes: Nest 11, CommonJS, Jest with ts-jest. What is added is one decorator and one module.
 */

const SERVICE = `
import { Injectable } from '@nestjs/common';
import { Traced } from 'annotel';

@Injectable()
export class AppService {
  @Traced()
  getHello(): string {
    return 'Hello World!';
  }
}
`;

const MODULE = `
import { Module } from '@nestjs/common';
import { TelemetryModule } from 'annotel/nest';
import { AppController } from './app.controller';
import { AppService } from './app.service';

@Module({ imports: [TelemetryModule.forRoot()], controllers: [AppController], providers: [AppService] })
export class AppModule {}
`;

const SPEC = `
import { captureTelemetry } from 'annotel/testing';
import { AppService } from './app.service';

it('records the call', async () => {
  const telemetry = captureTelemetry();
  new AppService().getHello();
  expect(telemetry.spans.map(({ name }) => name)).toEqual(['AppService.getHello']);
  expect((await telemetry.metrics()).map(({ descriptor }) => descriptor.name)).toContain('annotel.calls');
  expect(telemetry.logs).toHaveLength(1);
  await telemetry.stop();
});
`;

// Bundles run where there is no folder of packages.

/** Serves one request, which it makes itself, and ends. */
const ONCE = `
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function once() {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const answer = await fetch(await app.getUrl());
  console.log(await answer.text());
  await app.close();
}
void once();
`;

const NOT_CONFIGURED = {
  OTEL_EXPORTER_OTLP_ENDPOINT: '',
  OTEL_TRACES_EXPORTER: '',
  OTEL_METRICS_EXPORTER: '',
  OTEL_LOGS_EXPORTER: '',
};
const NEW = 'npx --yes @nestjs/cli@11 new app --directory . --skip-git --skip-install -p npm';
const ESBUILD = `esbuild dist/once.js --bundle --platform=node --log-level=warning '--external:@nestjs/microservices*' \
  '--external:@nestjs/websockets*' --external:class-validator --external:class-transformer`;
const QUIET = '--no-audit --no-fund --prefer-offline --loglevel=error';
const FILES = { 'src/app.service.ts': SERVICE, 'src/app.module.ts': MODULE, 'src/once.ts': ONCE };

export const NEST = [
  {
    name: 'nest new (Nest 11, ts-jest, CommonJS)',
    install: [
      NEW,
      `npm install ${QUIET}`,
      `npm install ${QUIET} $ANNOTEL`,
      `npm install ${QUIET} -D @vercel/ncc@0.45.0 esbuild@0.28.2`,
    ],
    cells: [
      {
        name: 'npm test, npm run test:e2e',
        in: '.',
        files: FILES,
        env: NOT_CONFIGURED,
        run: ['npm test', 'npm run test:e2e'],
        expect: prints(/Tests: +1 passed, 1 total[\s\S]*Tests: +1 passed, 1 total/),
      },
      {
        // Jest runs no `import()`, by which OpenTelemetry's exporters load Node's http.
        name: 'npm run test:e2e where an endpoint is configured',
        in: '.',
        run: ['npm run test:e2e'],
        expect: prints(/Tests: +1 passed, 1 total/, /annotel: cannot export telemetry .*dropped/),
      },
      {
        name: 'captureTelemetry()',
        in: '.',
        files: { 'src/telemetry.spec.ts': SPEC },
        run: ['npm test -- telemetry'],
        expect: prints(/Tests: +1 passed/),
      },
      { name: 'nest build', in: '.', run: ['npm run build', 'node dist/once.js'], expect: served },
      {
        name: 'nest build, annotel/register',
        in: '.',
        run: ['node --import annotel/register dist/once.js'],
        expect: (seen) => served(seen, 'GET /'),
      },
      {
        name: 'bundled by ncc',
        in: '.',
        run: ['ncc build dist/once.js -o ../nest-by-ncc --quiet', 'node ../nest-by-ncc/index.js'],
        expect: served,
      },
      {
        name: 'bundled by esbuild',
        in: '.',
        run: [`${ESBUILD} --outfile=../nest-by-esbuild/once.js`, 'node ../nest-by-esbuild/once.js'],
        expect: served,
      },
      {
        name: 'bundled by esbuild, ES module with a banner',
        in: '.',
        run: [
          `${ESBUILD} --format=esm ${BANNER} --outfile=../nest-by-esbuild/once.mjs`,
          'node ../nest-by-esbuild/once.mjs',
        ],
        expect: served,
      },
    ],
  },
];

/** The decorated method was called by a request, and its span has arrived, with the request's above where that is traced. */
function served({ heard, output }, request = 'AppController.getHello') {
  check(!/annotel: /.test(output), 'it complained');
  const call = heard.spans.find(({ name }) => name === 'AppService.getHello');
  check(call, 'no span AppService.getHello');
  const above = new Set(heard.spans.filter(({ traceId }) => traceId === call.traceId).map(({ name }) => name));
  check(above.has(request), `no span ${request}`);
  return `spans ${[...above].join(', ')}`;
}
