import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { annotel, DoctorApp, type Files } from '../../support/doctor-app.js';

/* Set-ups in which telemetry is lost, one for each reason. Each begins as an app that is in order. */

jest.setTimeout(60_000);

const SERVICE = `import { Traced } from 'annotel';
export class Orders { @Traced() load() { return 1; } }
`;
const STARTED = { start: 'node --import annotel/register dist/main.js' };
/** Telemetry goes there, unless a set-up says otherwise. */
const TAKES_ALL = 'http://takes.all';

interface SetUp {
  /** Beside, or in place of, those of the app in order. */
  readonly files?: Files;
  /** Fields of package.json. */
  readonly manifest?: object;
  readonly packages?: Readonly<Record<string, string>>;
  /** Packages of this repository. */
  readonly linked?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What the doctor says of the cause, and of the mend. */
  readonly cause: RegExp;
  readonly mend: RegExp;
  /** What its first sentence says; default that telemetry will be sent. */
  readonly verdict?: RegExp;
  /** Default `problem`. */
  readonly level?: 'warning';
}

const NOT_RUN = /^the app will not run, because /;
const NOT_RECORDED = /^nothing will be recorded, because /;
/** Where a collector runs on this machine, the default endpoint takes what has none of its own. */
const BY_DEFAULT = /^nothing will be sent|will be sent: .* http:\/\/localhost:4318$/;
const NOT_SENT = /^nothing will be sent/;
const NEST = { '@nestjs/core': '11.1.0', '@nestjs/common': '11.1.0' };
const NEST_APP = { dependencies: { annotel: '*', ...NEST } };
const NEST_TSCONFIG = { compilerOptions: { experimentalDecorators: true, emitDecoratorMetadata: true } };
const UNSET = 'unset';
const NOTHING = { OTEL_EXPORTER_OTLP_ENDPOINT: UNSET };

const SET_UPS: Readonly<Record<string, SetUp>> = {
  // How it is started.
  'the option stands behind the script': {
    manifest: { scripts: { start: 'node dist/main.js --import annotel/register' } },
    cause: /the script "start" has --import annotel\/register behind the script/,
    mend: /node --import annotel\/register dist\/main\.js/,
    verdict: NOT_RECORDED,
  },
  'nothing starts telemetry': {
    manifest: { scripts: { start: 'node dist/main.js' } },
    cause: /nothing starts telemetry: no start command has --import .*decorators in src\/orders\.ts/,
    mend: /node --import annotel\/register dist\/main\.js \(the script "start"\)/,
    verdict: NOT_RECORDED,
  },
  'nest start hands no options on': {
    manifest: { scripts: { start: 'nest start --import annotel/register' } },
    cause: /nest does not hand --import annotel\/register on to Node/,
    mend: /nest start --exec "node --import annotel\/register"/,
    verdict: NOT_RECORDED,
  },
  'a Nest app without the module': {
    manifest: { scripts: { start: 'nest start' }, dependencies: { annotel: '*', ...NEST } },
    packages: NEST,
    files: { 'tsconfig.json': NEST_TSCONFIG },
    cause: /nothing starts telemetry/,
    mend: /nest start --exec "node --import annotel\/register".*TelemetryModule\.forRoot\(\)/,
    verdict: NOT_RECORDED,
  },
  'ts-node knows no --import': {
    manifest: { scripts: { start: 'ts-node --import annotel/register src/main.ts' } },
    cause: /ts-node does not know --import/,
    mend: /node --import annotel\/register -r ts-node\/register src\/main\.ts/,
    verdict: NOT_RECORDED,
  },
  'a misspelt entry': {
    manifest: { scripts: { start: 'node --import annotel/regsiter dist/main.js' } },
    cause: /has --import annotel\/regsiter, which starts nothing/,
    mend: /--import annotel\/register/,
    verdict: NOT_RECORDED,
  },
  'annotel as a loader': {
    manifest: { scripts: { start: 'node --loader annotel/register dist/main.js' } },
    cause: /--loader annotel\/register, which is no loader/,
    mend: /--import annotel\/register/,
    verdict: NOT_RECORDED,
  },
  'pm2 gives the option to the app': {
    manifest: { scripts: { start: 'pm2-runtime ecosystem.config.cjs' } },
    files: {
      'ecosystem.config.cjs':
        "module.exports = { apps: [{ name: 'shop', script: 'dist/main.js', args: '--import annotel/register' }] };",
    },
    cause: /ecosystem\.config\.cjs has --import annotel\/register behind the script/,
    mend: /node_args: '--import annotel\/register'/,
    verdict: NOT_RECORDED,
  },
  'a Dockerfile that starts the app without it': {
    manifest: { scripts: { build: 'tsc' } },
    files: { Dockerfile: 'FROM node:24\nCOPY . .\nCMD ["node", "dist/main.js"]\n' },
    cause: /nothing starts telemetry/,
    mend: /node --import annotel\/register dist\/main\.js \(Dockerfile\)/,
    verdict: NOT_RECORDED,
  },
  'a manifest of Kubernetes that gives the option to the app': {
    manifest: { scripts: { build: 'tsc' } },
    files: {
      'k8s/app.yaml':
        'spec:\n  containers:\n    - command: ["node"]\n      args: ["dist/main.js", "--import", "annotel/register"]\n',
    },
    cause: /k8s\/app\.yaml has --import annotel\/register behind the script/,
    mend: /node --import annotel\/register dist\/main\.js/,
    verdict: NOT_RECORDED,
  },
  'a compose file that starts the app without it': {
    manifest: { scripts: { build: 'tsc' } },
    files: { 'compose.yaml': 'services:\n  shop:\n    command:\n      - node\n      - dist/main.js\n' },
    cause: /nothing starts telemetry/,
    mend: /node --import annotel\/register dist\/main\.js \(compose\.yaml\)/,
    verdict: NOT_RECORDED,
  },
  'an Azure Functions app': {
    manifest: { scripts: { start: 'func start' }, main: 'dist/functions/*.js' },
    files: { 'host.json': { version: '2.0' }, 'src/functions/ask.ts': "import { app } from '@azure/functions';" },
    cause: /nothing starts telemetry/,
    mend: /Azure Functions: the app setting languageWorkers__node__arguments=--import annotel\/register/,
    verdict: NOT_RECORDED,
  },
  'a Lambda function': {
    manifest: { scripts: { build: 'tsc' }, devDependencies: { '@types/aws-lambda': '8' } },
    files: {
      'serverless.yml':
        'provider:\n  name: aws\n  runtime: nodejs24.x\nfunctions:\n  ask:\n    handler: dist/ask.handler\n',
    },
    cause: /nothing starts telemetry/,
    mend: /Lambda: the environment variable NODE_OPTIONS=--import annotel\/register/,
    verdict: NOT_RECORDED,
  },
  'Next without its file': {
    manifest: { scripts: { start: 'next start' }, dependencies: { annotel: '*', next: '16.0.0' } },
    packages: { next: '16.0.0' },
    files: { 'src/telemetry.ts': "import { startTelemetry } from 'annotel/sdk';\nstartTelemetry();" },
    cause: /Next starts telemetry by register\(\) of instrumentation\.ts, and there is no instrumentation\.ts/,
    mend: /instrumentation\.ts beside app\/ that exports register\(\)/,
    verdict: NOT_RECORDED,
  },
  'ES modules are loaded before the start': {
    manifest: { scripts: { start: 'node dist/main.js' }, dependencies: { annotel: '*', express: '5', pg: '8' } },
    packages: { express: '5.1.0', pg: '8.11.0' },
    files: {
      'src/main.ts': "import './telemetry.js';\nimport express from 'express';\nexpress();",
      'src/telemetry.ts': "import { startTelemetry } from 'annotel/sdk';\nimport pg from 'pg';\nstartTelemetry();",
    },
    cause: /src\/telemetry\.ts starts telemetry by startTelemetry\(\), after express, pg are loaded: ES modules/,
    mend: /node --import annotel\/register dist\/main\.js/,
    level: 'warning',
  },
  'libraries are required before the start': {
    manifest: { type: 'commonjs', scripts: { start: 'node main.js' }, dependencies: { annotel: '*', express: '5' } },
    packages: { express: '5.1.0' },
    files: {
      'main.js':
        "const express = require('express');\nconst { startTelemetry } = require('annotel/sdk');\nstartTelemetry();",
    },
    cause: /main\.js starts telemetry by startTelemetry\(\), after express is loaded/,
    mend: /node --import annotel\/register main\.js/,
    level: 'warning',
  },
  'telemetry is required after the libraries': {
    manifest: {
      type: 'commonjs',
      scripts: { start: 'node dist/main.js' },
      dependencies: { annotel: '*', express: '5' },
    },
    files: {
      'src/main.ts': "import express from 'express';\nimport './telemetry';\nexpress();",
      'src/telemetry.ts': "import { startTelemetry } from 'annotel/sdk';\nstartTelemetry();",
    },
    cause: /src\/telemetry\.ts starts telemetry by startTelemetry\(\), after express is loaded/,
    mend: /node --import annotel\/register dist\/main\.js/,
    level: 'warning',
  },
  'Bun patches nothing': {
    manifest: { scripts: { start: 'bun --preload annotel/register src/main.ts' } },
    cause: /the script "start" runs the app by Bun, which cannot patch libraries/,
    mend: /run it by Node/,
    level: 'warning',
  },
  'Node runs TypeScript with decorators': {
    manifest: { scripts: { start: 'node --import annotel/register src/main.ts' } },
    cause: /runs TypeScript by Node itself, which does not know decorators/,
    mend: /tsx --import annotel\/register src\/main\.ts/,
    verdict: NOT_RUN,
  },

  // Who else starts OpenTelemetry.
  'a NodeSDK beside annotel': {
    files: {
      'src/main.ts': "import './tracing.js';",
      'src/tracing.ts': "import { NodeSDK } from '@opentelemetry/sdk-node';\nnew NodeSDK({}).start();",
    },
    cause: /two SDKs are started: annotel\/register \(the script "start"\) and NodeSDK \(src\/tracing\.ts\)/,
    mend: /leave one of the two out: without annotel\/register the decorators record through the other SDK/,
  },
  'a NodeSDK that nothing loads': {
    manifest: { scripts: { start: 'node dist/main.js' } },
    files: { 'src/tracing.ts': "import { NodeSDK } from '@opentelemetry/sdk-node';\nnew NodeSDK({}).start();" },
    cause: /src\/tracing\.ts starts NodeSDK, and nothing seems to load src\/tracing\.ts/,
    mend: /node --import \.\/src\/tracing\.js/,
    verdict: NOT_RECORDED,
  },
  'a NodeSDK that is required in front of annotel': {
    manifest: { scripts: { start: 'node --import annotel/register -r ./tracing.cjs dist/main.js' } },
    files: { 'tracing.cjs': "const { NodeSDK } = require('@opentelemetry/sdk-node');\nnew NodeSDK().start();" },
    cause: /loads \.\/tracing\.cjs before annotel\/register, .* annotel then starts none/,
    mend: /leave \.\/tracing\.cjs or annotel\/register out/,
    verdict: /^decorated calls will be recorded by NodeSDK, which the script "start" starts/,
  },
  "Azure's distribution beside annotel": {
    files: { 'src/main.ts': "import { useAzureMonitor } from '@azure/monitor-opentelemetry';\nuseAzureMonitor();" },
    cause: /two SDKs are started: .* and @azure\/monitor-opentelemetry \(src\/main\.ts\)/,
    mend: /leave out useAzureMonitor\(\), and set APPLICATIONINSIGHTS_CONNECTION_STRING/,
  },
  'Sentry beside annotel': {
    files: { 'src/main.ts': "import * as Sentry from '@sentry/node';\nSentry.init({ dsn: '', tracesSampleRate: 1 });" },
    cause: /two SDKs are started: .* and @sentry\/node/,
    mend: /skipOpenTelemetrySetup: true/,
  },
  'Sentry alone, without traces': {
    manifest: { scripts: { start: 'node dist/main.js' } },
    files: { 'src/main.ts': "import * as Sentry from '@sentry/node';\nSentry.init({ dsn: '' });" },
    cause: /Sentry\.init\(\) has no tracesSampleRate/,
    mend: /set tracesSampleRate/,
    verdict: NOT_RECORDED,
  },
  'dd-trace alone': {
    manifest: {
      scripts: { start: 'node -r dd-trace/init dist/main.js' },
      dependencies: { annotel: '*', 'dd-trace': '5' },
    },
    packages: { 'dd-trace': '5.60.0' },
    cause: /dd-trace is a dependency, and no OpenTelemetry SDK/,
    mend: /start annotel\/register too, and send to the Datadog Agent by OTLP/,
    level: 'warning',
    verdict: NOT_RECORDED,
  },
  'a processor of Langfuse that nobody gets': {
    files: {
      'src/main.ts':
        "import { LangfuseSpanProcessor } from '@langfuse/otel';\nconst processor = new LangfuseSpanProcessor();",
    },
    cause: /src\/main\.ts makes a LangfuseSpanProcessor that no SDK is given/,
    mend: /startTelemetry\(\{ spanProcessors: \[new LangfuseSpanProcessor\(\)\] \}\)/,
  },
  'an older API with its SDK': {
    packages: { '@opentelemetry/api': '1.9.1', '@opentelemetry/sdk-trace-base': '2.1.0' },
    files: { 'src/tracing.ts': 'new BasicTracerProvider();' },
    cause: /a second copy of @opentelemetry\/api, 1\.9\.1, .*annotel starts none/,
    mend: /load annotel\/register before anything else/,
    level: 'warning',
  },

  'a newer API than that of annotel': {
    files: {
      'node_modules/annotel/package.json': { name: 'annotel', version: '0.1.0' },
      'node_modules/annotel/node_modules/@opentelemetry/api/package.json': {
        name: '@opentelemetry/api',
        version: '1.10.0',
      },
    },
    packages: { '@opentelemetry/api': '1.11.0' },
    cause: /@opentelemetry\/api 1\.11\.0 in node_modules\/@opentelemetry\/api does not see what annotel registers/,
    mend: /npm install @opentelemetry\/api@1\.10\.0/,
    level: 'warning',
  },

  // What is installed.
  'annotel is not installed here': {
    files: { 'node_modules/annotel': undefined },
    cause: /annotel is not installed in this app/,
    mend: /npm install annotel/,
    verdict: NOT_RECORDED,
  },
  'annotel is a devDependency': {
    manifest: { dependencies: {}, devDependencies: { annotel: '*' } },
    files: { Dockerfile: 'FROM node:24\nRUN npm ci --omit=dev\nCMD ["npm", "start"]' },
    cause: /annotel is among devDependencies, so Dockerfile leaves it out/,
    mend: /npm install annotel/,
    verdict: NOT_RUN,
  },
  'another version of what annotel needs is forced': {
    files: {
      'node_modules/annotel/package.json': {
        name: 'annotel',
        version: '0.1.0',
        dependencies: { '@opentelemetry/api': '>=1.10.0 <1.11.0' },
      },
    },
    packages: { '@opentelemetry/api': '1.8.0' },
    manifest: { overrides: { '@opentelemetry/api': '1.8.0' } },
    cause: /of what annotel needs, @opentelemetry\/api is 1\.8\.0, and not >=1\.10\.0 <1\.11\.0/,
    mend: /take @opentelemetry\/api out of overrides/,
    verdict: NOT_RECORDED,
  },
  'two versions of annotel in a workspace': {
    files: {
      'pnpm-workspace.yaml': "packages:\n  - 'packages/*'\n",
      'packages/api/package.json': { name: 'api' },
      'packages/api/node_modules/annotel/package.json': { name: 'annotel', version: '0.0.9' },
      'node_modules/annotel/package.json': { name: 'annotel', version: '0.1.0' },
    },
    cause: /annotel is installed in several versions: .*0\.0\.9 in packages\/api\/node_modules\/annotel/,
    mend: /give every workspace the same version/,
    level: 'warning',
  },
  'a second copy of Nest': {
    files: {
      'node_modules/annotel/package.json': { name: 'annotel', version: '0.1.0' },
      'node_modules/annotel/node_modules/@nestjs/core/package.json': { name: '@nestjs/core', version: '12.0.0' },
      'tsconfig.json': NEST_TSCONFIG,
    },
    manifest: NEST_APP,
    packages: NEST,
    cause: /annotel\/nest would load another copy of Nest \(node_modules\/annotel\/node_modules\/@nestjs\/core\)/,
    mend: /install annotel in the same package\.json as Nest/,
  },
  'a Nest that is too old': {
    manifest: NEST_APP,
    packages: { '@nestjs/core': '10.4.0' },
    files: { 'tsconfig.json': NEST_TSCONFIG },
    cause: /@nestjs\/core 10\.4\.0 is not one that annotel\/nest works with/,
    mend: /npm install @nestjs\/core@11/,
  },
  'an image with an old Node': {
    files: { Dockerfile: 'FROM node:20-alpine\nCMD ["npm", "start"]' },
    cause: /Dockerfile runs Node 20, older than annotel needs/,
    mend: /FROM node:24/,
    verdict: NOT_RECORDED,
  },
  'the exporter of Azure is not installed': {
    env: {
      APPLICATIONINSIGHTS_CONNECTION_STRING:
        'InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://127.0.0.1:1',
    },
    cause: /APPLICATIONINSIGHTS_CONNECTION_STRING is set, but @azure\/monitor-opentelemetry-exporter is not installed/,
    mend: /npm install --save-exact @azure\/monitor-opentelemetry-exporter/,
    verdict: /^telemetry of shop 1\.2\.3 will be sent: .*; but not to Azure Monitor, because APPLICATIONINSIGHTS/,
  },
  'a pino that is too old': {
    packages: { pino: '4.17.0' },
    manifest: { dependencies: { annotel: '*', pino: '*' } },
    cause: /pino 4\.17\.0 is not a version that can be traced/,
    mend: /npm install pino@10/,
  },
  'a winston that is too old': {
    packages: { winston: '2.4.7' },
    manifest: { dependencies: { annotel: '*', winston: '*' } },
    cause: /winston 2\.4\.7 is not a version that can be traced/,
    mend: /npm install winston@3/,
  },
  'a winston that is asked for': {
    manifest: { dependencies: { annotel: '*', winston: '^2.4.0' } },
    cause: /winston 2 is not a version that can be traced/,
    mend: /npm install winston@3/,
  },
  'a redis that is too new': {
    packages: { redis: '7.0.0' },
    manifest: { dependencies: { annotel: '*', redis: '*' } },
    cause: /redis 7\.0\.0 is not a version that can be traced/,
    mend: /npm install redis@6/,
  },
  'a library that annotel does not trace': {
    manifest: { dependencies: { annotel: '*', mongodb: '6' } },
    packages: { mongodb: '6.0.0' },
    cause: /annotel brings no instrumentation for mongodb/,
    mend: /npm install @opentelemetry\/instrumentation-mongodb/,
    level: 'warning',
  },

  // Variables.
  'a .env that nobody loads': {
    files: { '.env': `OTEL_EXPORTER_OTLP_ENDPOINT=${TAKES_ALL}\n` },
    env: NOTHING,
    cause: /telemetry is configured in \.env \(OTEL_EXPORTER_OTLP_ENDPOINT\), which nothing loads/,
    mend: /node --env-file=\.env --import annotel\/register dist\/main\.js/,
    verdict: NOT_SENT,
  },
  'a .env that the app loads too late': {
    files: {
      '.env': `OTEL_EXPORTER_OTLP_ENDPOINT=${TAKES_ALL}\n`,
      'src/main.ts': "import 'dotenv/config';",
    },
    env: NOTHING,
    cause: /which src\/main\.ts loads, but only after annotel\/register has read the environment/,
    mend: /node --env-file=\.env/,
    verdict: NOT_SENT,
  },
  'another file that the app loads too late': {
    files: {
      'late.env': `OTEL_EXPORTER_OTLP_ENDPOINT=${TAKES_ALL}\n`,
      'src/main.ts': "process.loadEnvFile(new URL('./late.env', import.meta.url));",
    },
    env: NOTHING,
    cause: /telemetry is configured in late\.env .*which src\/main\.ts loads, but only after/,
    mend: /node --env-file=late\.env .*ANNOTEL_ENV_FILE=late\.env/,
    verdict: NOT_SENT,
  },
  "a .env for Nest's ConfigModule": {
    manifest: { scripts: { start: 'nest start --exec "node --import annotel/register"' } },
    files: {
      '.env': `OTEL_EXPORTER_OTLP_ENDPOINT=${TAKES_ALL}\n`,
      'src/app.module.ts': '@Module({ imports: [ConfigModule.forRoot()] }) export class AppModule {}',
    },
    env: NOTHING,
    cause: /which src\/app\.module\.ts loads, but only after/,
    mend: /--env-file=\.env|ANNOTEL_ENV_FILE=\.env/,
    verdict: NOT_SENT,
  },
  'a misspelt name': {
    env: { OTEL_EXPORTER_OTLP_ENDPONT: 'http://collector:4318', ...NOTHING },
    cause: /OTEL_EXPORTER_OTLP_ENDPONT is no known variable/,
    mend: /did you mean OTEL_EXPORTER_OTLP_ENDPOINT\?/,
    verdict: /^nothing will be sent, because OTEL_EXPORTER_OTLP_ENDPONT is no known variable/,
  },
  'a misspelt name of annotel': {
    env: { ANNOTEL_KEP: 'errors' },
    cause: /ANNOTEL_KEP is no known variable/,
    mend: /ANNOTEL_KEEP/,
  },
  'headers with a colon': {
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key: s3cr3t' },
    cause: /OTEL_EXPORTER_OTLP_HEADERS: api-key is left out, as it has a colon/,
    mend: /allowed: name=value/,
  },
  'headers with what HTTP does not allow': {
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%0Ab,x-team=ключ' },
    cause: /OTEL_EXPORTER_OTLP_HEADERS: api-key is left out.*line break.*x-team is left out/,
    mend: /percent-encoded/,
  },
  'the quotes of a docker file around an endpoint': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: '"http://collector:4318"' },
    cause: /the quotes around OTEL_EXPORTER_OTLP_ENDPOINT are part of its value/,
    mend: /OTEL_EXPORTER_OTLP_ENDPOINT=… without quotes/,
    verdict: BY_DEFAULT,
  },
  'an endpoint without http': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318' },
    cause: /OTEL_EXPORTER_OTLP_ENDPOINT="127\.0\.0\.1:4318" is not understood/,
    mend: /a URL such as http:\/\/localhost:4318/,
    verdict: BY_DEFAULT,
  },
  'an endpoint with the path of one signal': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${TAKES_ALL}/v1/traces` },
    cause: /OTEL_EXPORTER_OTLP_ENDPOINT=.*\/v1\/traces" is not understood/,
    mend: /a base URL, to which \/v1\/traces is added/,
  },
  'an endpoint of one signal without its path': {
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: TAKES_ALL },
    cause: /OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used as it is, without a path added/,
    mend: /\/v1\/traces, or OTEL_EXPORTER_OTLP_ENDPOINT/,
    verdict: /^metrics and logs will be sent, traces will not, because OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used/,
  },
  'an endpoint for one signal alone': {
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${TAKES_ALL}/v1/traces`, ...NOTHING },
    cause: /metrics and logs go to http:\/\/localhost:4318, as an endpoint is given for traces alone/,
    mend: /OTEL_EXPORTER_OTLP_ENDPOINT to the base URL, or OTEL_METRICS_EXPORTER=none and OTEL_LOGS_EXPORTER=none/,
    level: 'warning',
    verdict: /^traces will be sent, metrics and logs will not|http:\/\/localhost:4318$/,
  },
  'the port of the other protocol': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317' },
    cause: /4317 is the port of gRPC/,
    mend: /OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or port 4318/,
    verdict: NOT_SENT,
  },
  "the port of Jaeger's pages": {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:16686' },
    cause: /16686 is the port of Jaeger's pages/,
    mend: /4318 \(HTTP\) and 4317 \(gRPC\)/,
    verdict: NOT_SENT,
  },
  'https for a server without it': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: TAKES_ALL.replace('http:', 'https:') },
    cause: /does not take them \(.*(SSL|EPROTO)/,
    mend: /it speaks no TLS: OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\//,
    verdict: NOT_SENT,
  },
  'a protocol that does not exist': {
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http' },
    cause: /OTEL_EXPORTER_OTLP_PROTOCOL="http" is not understood/,
    mend: /http\/protobuf, http\/json, grpc/,
  },
  'a placeholder that nobody filled in': {
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=<your-key>' },
    cause: /OTEL_EXPORTER_OTLP_HEADERS still holds a placeholder/,
    mend: /its real value/,
  },
  'seconds in place of milliseconds': {
    env: { OTEL_EXPORTER_OTLP_TIMEOUT: '10' },
    cause: /OTEL_EXPORTER_OTLP_TIMEOUT=10 is in milliseconds/,
    mend: /OTEL_EXPORTER_OTLP_TIMEOUT=10000/,
    level: 'warning',
  },
  'telemetry is switched off': {
    env: { OTEL_SDK_DISABLED: 'true' },
    cause: /OTEL_SDK_DISABLED=true starts nothing/,
    mend: /unset OTEL_SDK_DISABLED/,
    verdict: NOT_RECORDED,
  },
  'every exporter is none': {
    env: { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' },
    cause: /OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER are all none/,
    mend: /set them to otlp/,
    verdict: NOT_SENT,
  },
  'no traces': {
    env: { OTEL_TRACES_EXPORTER: 'none' },
    cause: /no traces are sent, as OTEL_TRACES_EXPORTER is none/,
    mend: /unset OTEL_TRACES_EXPORTER/,
    level: 'warning',
  },
  'no endpoint': {
    env: { OTEL_TRACES_EXPORTER: 'console', ...NOTHING },
    cause: /metrics and logs go to http:\/\/localhost:4318, as no endpoint is given/,
    mend: /set OTEL_EXPORTER_OTLP_ENDPOINT/,
    level: 'warning',
    verdict: /^traces will be sent, metrics and logs will not|http:\/\/localhost:4318$/,
  },
  'a package.json that is none': {
    files: { 'package.json': '{ "name": "shop", }}' },
    cause: /package\.json is no valid JSON/,
    mend: /mend it first/,
    verdict: NOT_RECORDED,
  },
  'a sampler that keeps nothing': {
    env: { OTEL_TRACES_SAMPLER: 'always_off' },
    cause: /the sampler always_off lets no trace out/,
    mend: /OTEL_TRACES_SAMPLER=parentbased_always_on/,
    verdict: /^metrics and logs will be sent, traces will not, because the sampler/,
  },
  'a ratio without its sampler': {
    env: { OTEL_TRACES_SAMPLER_ARG: '0.1' },
    cause: /OTEL_TRACES_SAMPLER_ARG has no effect/,
    mend: /OTEL_TRACES_SAMPLER=parentbased_traceidratio/,
    level: 'warning',
  },
  'a file of variables that is not there': {
    manifest: { scripts: { start: 'node --env-file=.env --import annotel/register dist/main.js' } },
    cause: /the script "start" loads \.env, which is not there/,
    mend: /--env-file-if-exists=\.env/,
    verdict: NOT_RUN,
  },
  'the quotes of docker run': {
    manifest: { scripts: { ...STARTED, docker: 'docker run --env-file prod.env shop' } },
    files: { 'prod.env': 'OTEL_SERVICE_NAME="shop"\n' },
    cause: /prod\.env: the quotes around OTEL_SERVICE_NAME are part of its value, as docker run --env-file keeps them/,
    mend: /OTEL_SERVICE_NAME=… without quotes/,
  },
  'the old key of Azure': {
    env: { APPINSIGHTS_INSTRUMENTATIONKEY: '00000000-0000-0000-0000-000000000000', ...NOTHING },
    cause: /APPINSIGHTS_INSTRUMENTATIONKEY is set, but annotel reads APPLICATIONINSIGHTS_CONNECTION_STRING/,
    mend: /set APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey=/,
    verdict: NOT_SENT,
  },
  'a back end that takes traces only': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${TAKES_ALL}/traces-only` },
    cause: /metrics, logs: http:\/\/\S+ takes no metrics or logs \(HTTP 404\), though it takes others/,
    mend: /OTEL_METRICS_EXPORTER=none and OTEL_LOGS_EXPORTER=none/,
    verdict: /^traces will be sent, metrics and logs will not, because .*HTTP 404/,
  },
  'localhost in a container': {
    files: {
      'compose.yaml':
        'services:\n  shop:\n    environment:\n      OTEL_EXPORTER_OTLP_ENDPOINT: http://localhost:4318\n',
    },
    cause: /compose\.yaml: telemetry goes to http:\/\/localhost:4318, which in a container is the container itself/,
    mend: /name the collector's service/,
    level: 'warning',
  },
  'a file of variables for a container': {
    files: {
      'compose.yaml': 'services:\n  shop:\n    env_file:\n      - .env\n',
      '.env': 'OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318\n',
    },
    cause: /\.env: telemetry goes to http:\/\/localhost:4318, which in a container is the container itself/,
    mend: /name the collector's service/,
    level: 'warning',
  },
  'variables of a container only': {
    files: {
      'compose.yaml':
        'services:\n  shop:\n    environment:\n      - OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\n',
    },
    env: NOTHING,
    cause: /compose\.yaml sets OTEL_EXPORTER_OTLP_ENDPOINT, which this environment does not have/,
    mend: /run annotel doctor where compose\.yaml applies/,
    level: 'warning',
    verdict: NOT_SENT,
  },
  'a misspelt name in a deployment': {
    files: {
      'k8s/deployment.yaml':
        'spec:\n  containers:\n    - env:\n        - name: OTEL_EXPORTER_OTLP_HEADER\n          value: "api-key=1"\n',
    },
    cause: /k8s\/deployment\.yaml: OTEL_EXPORTER_OTLP_HEADER is no known variable/,
    mend: /did you mean OTEL_EXPORTER_OTLP_HEADERS\?/,
  },
  'Prometheus in a cluster': {
    files: { 'src/cluster.ts': "import cluster from 'node:cluster';\nif (cluster.isPrimary) cluster.fork();" },
    env: { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: '29464' },
    cause:
      /src\/cluster\.ts starts several processes, and each serves its own metrics to Prometheus, on ports from 29464 on/,
    mend: /scrape each of them \(29464, 29465, …\); or OTEL_METRICS_EXPORTER=otlp/,
    level: 'warning',
  },
  'content that is not masked': {
    env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true', ANNOTEL_REDACT: 'off' },
    cause: /prompts and answers are recorded, and ANNOTEL_REDACT=off leaves them unmasked/,
    mend: /unset ANNOTEL_REDACT/,
    level: 'warning',
  },

  // What decides the verdict.
  'the exporter of Azure is missing, and it is the only destination': {
    env: {
      APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=00000000-0000-0000-0000-000000000000',
      ...NOTHING,
    },
    cause: /monitor-opentelemetry-exporter is not installed/,
    mend: /npm install --save-exact/,
    verdict: /^nothing will be sent, because APPLICATIONINSIGHTS_CONNECTION_STRING is set, but/,
  },
  'a connection string that is none': {
    env: { APPLICATIONINSIGHTS_CONNECTION_STRING: 'my-resource', ...NOTHING },
    cause: /APPLICATIONINSIGHTS_CONNECTION_STRING is no list of Key=Value pairs/,
    mend: /as the Azure portal shows it/,
    verdict: /^nothing will be sent, because APPLICATIONINSIGHTS_CONNECTION_STRING is no list/,
  },
  'a misspelt endpoint in a compose file': {
    files: {
      'compose.yaml': 'services:\n  shop:\n    environment:\n      OTEL_EXPORTER_OLTP_ENDPOINT: http://c:4318\n',
    },
    env: NOTHING,
    cause: /compose\.yaml: OTEL_EXPORTER_OLTP_ENDPOINT is no known variable/,
    mend: /→ write OTEL_EXPORTER_OTLP_ENDPOINT/,
    verdict: /^nothing will be sent, because compose\.yaml: OTEL_EXPORTER_OLTP_ENDPOINT is no known variable/,
  },
  'a back end that takes no traces': {
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${TAKES_ALL}/no-otlp` },
    cause: /takes no traces \(HTTP 404\), though it takes others/,
    mend: /OTEL_TRACES_EXPORTER=none/,
    verdict: /^metrics and logs will be sent, traces will not, because traces: .*HTTP 404/,
  },
  'a header that is left out, where one is needed': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${TAKES_ALL}/with-key`, OTEL_EXPORTER_OTLP_HEADERS: 'api-key: s3cr3t' },
    cause: /does not take them \(HTTP 401\)/,
    mend: /OTEL_EXPORTER_OTLP_HEADERS/,
    verdict: /^nothing will be sent, because .*HTTP 401\), and OTEL_EXPORTER_OTLP_HEADERS: api-key is left out/,
  },
  'a misspelt name of headers, where one is needed': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${TAKES_ALL}/with-key`, OTEL_EXPORTER_OTLP_HEADER: 'api-key=s3cr3t' },
    cause: /OTEL_EXPORTER_OTLP_HEADER is no known variable/,
    mend: /→ write OTEL_EXPORTER_OTLP_HEADERS/,
    verdict: /^nothing will be sent, because .*HTTP 401\), and OTEL_EXPORTER_OTLP_HEADER is no known/,
  },
  "annotel's SDK in a bundle that is an ES module": {
    manifest: {
      scripts: {
        start: 'node dist/main.mjs',
        build: 'esbuild src/main.ts --bundle --target=node22 --format=esm --outfile=dist/main.mjs',
      },
    },
    files: { 'src/main.ts': "import 'annotel/register';\nimport './orders.js';" },
    cause: /esbuild puts packages into the bundle: annotel's SDK/,
    mend: /--packages=external/,
    verdict: NOT_RECORDED,
  },
  'a ratio of 0': {
    env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    cause: /the sampler traceidratio lets no trace out/,
    mend: /set OTEL_TRACES_SAMPLER_ARG=1/,
    verdict: /^metrics and logs will be sent, traces will not/,
  },

  // Each place starts it in its own way.
  'a Dockerfile without what the script has': {
    files: { Dockerfile: 'FROM node:24\nCMD ["node", "dist/main.js"]' },
    cause: /Dockerfile starts the app without annotel\/register, which the script "start" loads: node dist\/main\.js/,
    mend: /CMD \["node","--import","annotel\/register","dist\/main\.js"\], or ENV NODE_OPTIONS=/,
    verdict: NOT_RECORDED,
  },
  'an entry point without what the script has': {
    files: { Dockerfile: 'FROM node:24\nENTRYPOINT ["node"]\nCMD ["dist/main.js"]' },
    cause: /Dockerfile starts the app without annotel\/register/,
    mend: /ENV NODE_OPTIONS=/,
    verdict: NOT_RECORDED,
  },
  'a list of Kubernetes without what the script has': {
    files: {
      'k8s/app.yaml':
        'spec:\n  containers:\n    - name: shop\n      command:\n        - node\n        - dist/main.js\n',
    },
    cause: /k8s\/app\.yaml starts the app without annotel\/register/,
    mend: /node --import annotel\/register dist\/main\.js/,
    verdict: NOT_RECORDED,
  },
  'a command of Kubernetes without what the script has': {
    files: { 'k8s/app.yaml': 'spec:\n  containers:\n    - command: ["node", "dist/main.js"]\n' },
    cause: /k8s\/app\.yaml starts the app without annotel\/register/,
    mend: /node --import annotel\/register dist\/main\.js/,
    verdict: NOT_RECORDED,
  },
  'a compose file without what the script has': {
    files: { 'docker-compose.yml': 'services:\n  shop:\n    command: node dist/main.js\n' },
    cause: /docker-compose\.yml starts the app without annotel\/register/,
    mend: /node --import annotel\/register dist\/main\.js/,
    verdict: NOT_RECORDED,
  },
  'a Procfile without what the script has': {
    files: { Procfile: 'web: node dist/main.js\n' },
    cause: /Procfile starts the app without annotel\/register/,
    mend: /node --import annotel\/register dist\/main\.js/,
    verdict: NOT_RECORDED,
  },
  'pm2 without what the script has': {
    files: { 'ecosystem.config.cjs': "module.exports = { apps: [{ script: 'dist/main.js' }] };" },
    cause: /ecosystem\.config\.cjs starts the app without annotel\/register/,
    mend: /node_args: '--import annotel\/register'/,
    verdict: NOT_RECORDED,
  },
  'a misspelt entry in NODE_OPTIONS of a script': {
    manifest: { scripts: { start: 'NODE_OPTIONS="--import annotel/registre" node dist/main.js' } },
    cause: /NODE_OPTIONS of the script "start" has --import annotel\/registre, which starts nothing/,
    mend: /--import annotel\/register does/,
    verdict: NOT_RECORDED,
  },
  'a misspelt entry in NODE_OPTIONS of an image': {
    manifest: { scripts: { build: 'tsc' } },
    files: { Dockerfile: 'FROM node:24\nENV NODE_OPTIONS="--import annotel/registre"\nCMD ["node", "dist/main.js"]' },
    cause: /NODE_OPTIONS of Dockerfile has --import annotel\/registre/,
    mend: /--import annotel\/register does/,
    verdict: NOT_RECORDED,
  },
  'a misspelt entry in NODE_OPTIONS of a compose file': {
    manifest: { scripts: { start: 'node dist/main.js' } },
    files: { 'compose.yaml': 'services:\n  shop:\n    environment:\n      NODE_OPTIONS: --import annotel/registre\n' },
    cause: /NODE_OPTIONS of compose\.yaml has --import annotel\/registre/,
    mend: /--import annotel\/register does/,
    verdict: NOT_RECORDED,
  },
  'a misspelt entry in NODE_OPTIONS of a .env': {
    manifest: { scripts: { start: 'node --env-file=.env dist/main.js' } },
    files: { '.env': 'NODE_OPTIONS="--import annotel/registre"\n' },
    cause: /NODE_OPTIONS of \.env has --import annotel\/registre/,
    mend: /--import annotel\/register does/,
    verdict: NOT_RECORDED,
  },
  'pm2 in a cluster, for Prometheus': {
    files: {
      'ecosystem.config.cjs':
        "module.exports = { apps: [{ script: 'dist/main.js', node_args: '--import annotel/register', instances: 4, exec_mode: 'cluster', env: { OTEL_METRICS_EXPORTER: 'prometheus' } }] };",
    },
    cause: /ecosystem\.config\.cjs starts several processes, and each serves its own metrics to Prometheus/,
    mend: /scrape each of them \(9464, 9465, …\)/,
    level: 'warning',
  },
  'a path that is missing, where the back end says so': {
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${TAKES_ALL}/` },
    cause: /takes no traces \(HTTP 404\)/,
    mend: /set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http:\S+\/v1\/traces$/m,
    verdict: /^metrics and logs will be sent, traces will not/,
  },
  'headers without an endpoint': {
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=1', ...NOTHING },
    cause: /no destination is configured, though there is OTEL_EXPORTER_OTLP_HEADERS/,
    mend: /set OTEL_EXPORTER_OTLP_ENDPOINT/,
    verdict: /^nothing will be sent, because no destination/,
  },
  'an image whose Node an ARG says': {
    files: { Dockerfile: 'ARG NODE=20\nFROM node:$NODE-alpine\nCMD ["npm", "start"]' },
    cause: /Dockerfile runs Node 20, older than annotel needs/,
    mend: /FROM node:24/,
    verdict: NOT_RECORDED,
  },
  'an .nvmrc with an old Node': {
    files: { '.nvmrc': 'v20.11.0\n' },
    cause: /\.nvmrc chooses Node 20\.11, older than annotel needs/,
    mend: /write 24/,
    verdict: NOT_RECORDED,
  },
  'engines that allow an old Node': {
    manifest: { engines: { node: '>=18' } },
    cause: /engines of package\.json allows Node >=18, and annotel needs 22\.15/,
    mend: /"node": ">=22\.15"/,
    level: 'warning',
  },
  'an instrumentation that fails': {
    manifest: { dependencies: { annotel: '*', redis: '3' } },
    files: {
      'node_modules/redis/package.json': { name: 'redis', version: '3.1.2', main: 'index.js' },
      // As redis 3 does: it loads itself again.
      'node_modules/redis/index.js': "require('./lib/debug.js'); exports.RedisClient = class {};",
      'node_modules/redis/lib/debug.js': "require('../index.js');",
    },
    cause: /import 'redis' \(3\.1\.2\) is not traced: its instrumentation fails to patch it \(Cannot read/,
    mend: /npm install redis@6; or OTEL_NODE_DISABLED_INSTRUMENTATIONS=redis/,
  },

  // How it is built.
  'esbuild puts packages into the bundle': {
    manifest: {
      scripts: { ...STARTED, build: 'esbuild src/main.ts --bundle --platform=node --outfile=dist/main.js' },
      dependencies: { annotel: '*', express: '5' },
    },
    packages: { express: '5.1.0' },
    cause: /the script "build": esbuild puts packages into the bundle: express, which cannot be patched/,
    mend: /--packages=external/,
    verdict: NOT_RUN,
  },
  'esbuild shortens names': {
    manifest: {
      scripts: {
        ...STARTED,
        build: 'esbuild src/main.ts --bundle --packages=external --minify --outfile=dist/main.js',
      },
    },
    cause: /the script "build": esbuild shortens the names of classes/,
    mend: /--keep-names/,
    level: 'warning',
    verdict: NOT_RUN,
  },
  'esbuild leaves annotel outside, and no library': {
    manifest: {
      scripts: {
        ...STARTED,
        build: 'esbuild src/main.ts --bundle --external:annotel --external:pg --outfile=dist/main.js',
      },
      dependencies: { annotel: '*', express: '5', pg: '8' },
    },
    packages: { express: '5.1.0', pg: '8.11.0' },
    cause: /esbuild puts packages into the bundle: express, which cannot be patched/,
    mend: /--packages=external/,
    verdict: NOT_RUN,
  },
  'an esbuild script': {
    files: {
      'build.mjs':
        "import { build } from 'esbuild';\nawait build({ entryPoints: ['src/main.ts'], bundle: true, minify: true, packages: 'external' });",
    },
    cause: /build\.mjs: esbuild shortens the names/,
    mend: /keepNames: true/,
    level: 'warning',
    verdict: NOT_RUN,
  },
  'ncc puts packages into the bundle': {
    manifest: {
      scripts: { ...STARTED, build: 'ncc build src/main.ts -o dist' },
      dependencies: { annotel: '*', pg: '8' },
    },
    packages: { pg: '8.11.0' },
    cause: /ncc puts packages into the bundle: pg, which cannot be patched/,
    mend: /-e annotel/,
  },
  'webpack for production': {
    manifest: { scripts: { ...STARTED, build: 'webpack --mode production' } },
    files: { 'webpack.config.js': 'module.exports = { target: "node", externals: [nodeExternals()] };' },
    cause: /webpack shortens the names of classes/,
    mend: /keep_classnames: true/,
    level: 'warning',
  },
  "annotel's SDK in a bundle": {
    manifest: { scripts: { start: 'node dist/main.js', build: 'rollup -c' } },
    files: {
      'rollup.config.js': "export default { input: 'src/main.ts', plugins: [nodeResolve()] };",
      'src/main.ts': "import 'annotel/register';\nimport './orders.js';",
    },
    cause: /rollup puts packages into the bundle: annotel's SDK \(src\/main\.ts\)/,
    mend: /start with --import annotel\/register/,
  },
  'an image without node_modules': {
    files: {
      Dockerfile:
        'FROM node:24 AS build\nRUN npm ci && npm run build\nFROM node:24-slim\nCOPY --from=build /app/dist ./dist\nCMD ["node", "--import", "annotel/register", "dist/main.js"]',
    },
    cause: /Dockerfile: the last stage has no node_modules/,
    mend: /COPY --from=… node_modules/,
    verdict: NOT_RECORDED,
  },
  'esbuild leaves decorators': {
    manifest: { scripts: { ...STARTED, build: 'esbuild src/*.ts --outdir=dist' } },
    cause: /the script "build": esbuild has no target, and leaves decorators as they are/,
    mend: /--target=node22/,
    verdict: NOT_RUN,
  },
  'legacy decorators are off in a Nest app': {
    manifest: NEST_APP,
    packages: NEST,
    files: { 'tsconfig.json': { compilerOptions: {} } },
    cause: /Nest needs legacy decorators, and tsconfig\.json has them off/,
    mend: /"experimentalDecorators": true/,
    verdict: NOT_RUN,
  },
  'swc without decorators': {
    files: { '.swcrc': { jsc: { parser: { syntax: 'typescript' } } } },
    cause: /\.swcrc has decorators off/,
    mend: /jsc\.parser\.decorators: true/,
    verdict: NOT_RUN,
  },
  'tsx for a Nest app': {
    manifest: { ...NEST_APP, scripts: { start: 'tsx --import annotel/register src/main.ts' } },
    packages: NEST,
    files: { 'tsconfig.json': NEST_TSCONFIG },
    cause: /runs a Nest app by tsx, which emits no decorator metadata/,
    mend: /node --import annotel\/register dist\/main\.js/,
    level: 'warning',
  },
  'Jest puts a mock in place of annotel': {
    manifest: { jest: { moduleNameMapper: { '^annotel$': '<rootDir>/mocks/annotel.ts' } } },
    cause: /package\.json puts something else in place of annotel in tests/,
    mend: /leave annotel out of moduleNameMapper/,
    level: 'warning',
  },
};

describe('annotel doctor names the cause and the mend:', () => {
  let app: DoctorApp;
  let server: Server;
  let takesAll: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { url = '' } = request;
      const isTaken = !/traces-only\/v1\/(metrics|logs)|no-otlp|^\/$/.test(url);
      const status = url.includes('with-key') && request.headers['api-key'] === undefined ? 401 : 200;
      request.resume().on('end', () => response.writeHead(isTaken ? status : 404).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    takesAll = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });
  beforeEach(() => {
    app = new DoctorApp();
  });
  afterEach(() => app.remove());

  const examine = async ({ files = {}, manifest, packages = {}, linked = [], env = {} }: Partial<SetUp>) => {
    const here = <T>(of: T): T =>
      JSON.parse(
        JSON.stringify(of)
          .replaceAll(TAKES_ALL, takesAll)
          .replaceAll(TAKES_ALL.replace('http', 'https'), takesAll.replace('http', 'https')),
      );
    if (!Object.keys(files).some((name) => name.startsWith('node_modules/annotel'))) app.link('annotel');
    app.write({
      'package.json': {
        name: 'shop',
        version: '1.2.3',
        type: 'module',
        scripts: STARTED,
        dependencies: { annotel: '*' },
        ...here(manifest ?? {}),
      },
      'src/orders.ts': SERVICE,
      ...here(files),
    });
    app.install(packages);
    for (const name of linked) app.link(name);
    const all: Record<string, string> = here({ OTEL_EXPORTER_OTLP_ENDPOINT: TAKES_ALL, ...env });
    const environment = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== UNSET));
    const { code, stdout, stderr } = await annotel(['doctor', '--timeout', '2000'], app.folder, environment);
    expect(stderr).toBe('');
    return { code, stdout, verdict: stdout.split('\n')[0] ?? '' };
  };

  it('nothing of an app that is in order', async () => {
    const { code, stdout, verdict } = await examine({});
    expect(verdict).toBe(`telemetry of shop 1.2.3 will be sent: traces, metrics, logs to http/protobuf ${takesAll}`);
    expect(stdout).not.toMatch(/^[✗!]/m);
    expect(stdout).toMatch(/^nothing is wrong; /m);
    expect(code).toBe(0);
  });

  it.each<[string, Partial<SetUp>]>([
    [
      'NODE_OPTIONS',
      { manifest: { scripts: { start: 'node dist/main.js' } }, env: { NODE_OPTIONS: '--require annotel/register' } },
    ],
    [
      'NODE_OPTIONS of a file that is loaded',
      {
        manifest: { scripts: { start: 'node --env-file=.env dist/main.js' } },
        files: { '.env': `NODE_OPTIONS="--import annotel/register"\nOTEL_EXPORTER_OTLP_ENDPOINT=${TAKES_ALL}\n` },
        env: NOTHING,
      },
    ],
    [
      'Windows',
      { manifest: { scripts: { start: 'set NODE_OPTIONS=--import annotel/register && node dist/main.js' } } },
    ],
    [
      'a script that sets it',
      {
        manifest: {
          scripts: { start: `OTEL_EXPORTER_OTLP_ENDPOINT=${TAKES_ALL} node -r annotel/register dist/main.js` },
        },
        env: NOTHING,
      },
    ],
    [
      'ANNOTEL_ENV_FILE',
      {
        files: { 'prod.env': `OTEL_EXPORTER_OTLP_ENDPOINT=${TAKES_ALL}\n` },
        env: { ANNOTEL_ENV_FILE: 'prod.env', ...NOTHING },
      },
    ],
    [
      'a Nest app with a webpack of its own',
      {
        manifest: { scripts: { start: 'nest start --exec "node --import annotel/register"' }, ...NEST_APP },
        linked: Object.keys(NEST),
        files: { 'tsconfig.json': NEST_TSCONFIG, 'nest-cli.json': { compilerOptions: { webpack: true } } },
      },
    ],
    [
      'an image',
      {
        manifest: { scripts: { build: 'tsc' } },
        files: {
          Dockerfile:
            'FROM node:24 AS build\nRUN npm ci && npm run build\nFROM node:24-slim\nENV NODE_OPTIONS="--import annotel/register"\nCOPY --from=build /app/node_modules ./node_modules\nCOPY --from=build /app/dist ./dist\nCMD ["node", "dist/main.js"]',
        },
      },
    ],
    [
      'a workspace, whose packages have the start commands',
      {
        manifest: { scripts: { start: 'npm start -w packages/api' }, workspaces: ['packages/*'] },
        files: { 'packages/api/package.json': { name: 'api', scripts: STARTED } },
      },
    ],
    [
      'an image that hands its variables on',
      {
        files: {
          Dockerfile: 'FROM node:24\nENV NODE_OPTIONS="--import annotel/register"\nCMD ["node", "dist/main.js"]',
          'k8s/app.yaml': 'spec:\n  containers:\n    - command: ["node", "dist/main.js"]\n',
        },
      },
    ],
    ['a library that is merely there', { packages: { winston: '2.4.7' } }],
    [
      'an older API whose SDK nothing starts',
      { packages: { '@opentelemetry/api': '1.9.1', '@opentelemetry/sdk-trace-base': '2.1.0' } },
    ],
    [
      'pg behind annotel/register in an ES module',
      {
        manifest: { scripts: { start: 'node dist/main.js' }, dependencies: { annotel: '*', pg: '8' } },
        files: { 'src/main.ts': "import 'annotel/register';\nimport pg from 'pg';\nnew pg.Client();" },
      },
    ],
    [
      'Express in a Nest app',
      {
        manifest: {
          type: 'commonjs',
          scripts: { start: 'node dist/main.js' },
          dependencies: { annotel: '*', ...NEST, express: '5' },
        },
        linked: Object.keys(NEST),
        files: {
          'tsconfig.json': NEST_TSCONFIG,
          'src/main.ts': "import { NestFactory } from '@nestjs/core';\nTelemetryModule.forRoot();",
        },
      },
    ],
    [
      'esbuild in order',
      {
        manifest: {
          scripts: {
            ...STARTED,
            build:
              'esbuild src/main.ts --bundle --target=node22 --packages=external --minify --keep-names --outfile=dist/main.js',
          },
          dependencies: { annotel: '*', express: '5' },
        },
      },
    ],
    [
      'telemetry that is required first',
      {
        manifest: {
          type: 'commonjs',
          scripts: { start: 'node dist/main.js' },
          dependencies: { annotel: '*', express: '5' },
        },
        files: {
          'src/main.ts':
            "import 'reflect-metadata';\nimport './telemetry';\nimport express from 'express';\nexpress();",
          'src/telemetry.ts': "import { startTelemetry } from 'annotel/sdk';\nstartTelemetry();",
        },
      },
    ],
    [
      'a start in code, before the rest',
      {
        manifest: { scripts: { start: 'node dist/main.js' }, dependencies: { annotel: '*', express: '5' } },
        files: {
          'src/main.ts':
            "import { startTelemetry } from 'annotel/sdk';\nstartTelemetry();\nawait import('./server.js');",
          'src/server.ts': "import express from 'express';\nexpress();",
        },
      },
    ],
  ])('nothing of %s', async (_what, setUp) => {
    const { code, stdout, verdict } = await examine(setUp);
    expect(verdict).toMatch(/^telemetry of shop 1\.2\.3 will be sent: traces, metrics, logs to http\/protobuf /);
    expect(stdout).not.toMatch(/^[✗!]/m);
    expect(code).toBe(0);
  });

  it('no library for not being started', async () => {
    const { code, stdout, verdict } = await examine({ manifest: { scripts: { build: 'tsc' } } });
    expect(verdict).toMatch(
      /^no app is started in this folder: what becomes of telemetry is up to whatever starts one/,
    );
    expect(stdout).toMatch(
      /^! start: no command here starts an app, so nothing is known .*\n {4}→ in the app that uses/m,
    );
    expect(code).toBe(0);
  });

  it('no package.json', async () => {
    const { code, stdout } = await annotel(['doctor'], app.folder);
    expect(stdout).toMatch(
      /^nothing will be recorded, because there is no package\.json here\n {4}→ run it in the folder/,
    );
    expect(code).toBe(1);
  });

  it('in its last line that nothing is sent', async () => {
    const { code, stdout } = await examine({ env: NOTHING });
    expect(stdout).toMatch(/^nothing is wrong but that telemetry goes nowhere, 1 to look at; /m);
    expect(code).toBe(0);
  });

  it('headers that are sent, and not those that are left out', async () => {
    const { stdout } = await examine({ env: { OTEL_EXPORTER_OTLP_HEADERS: 'api-key: 1,x-team=shop' } });
    expect(stdout).toMatch(/^ {2}headers +x-team {2}\(/m);
  });

  it.each(Object.entries(SET_UPS))('%s', async (_what, setUp) => {
    const { cause, mend, level, verdict: expected = /^telemetry of shop 1\.2\.3 will be sent: / } = setUp;
    const { code, stdout, verdict } = await examine(setUp);
    const findings = stdout.split(/^(?=[✗!] )/m).filter((part) => /^[✗!]/.test(part));
    const found = findings.find((finding) => cause.test(finding));
    if (found === undefined) throw new Error(`not named:\n${stdout}`);
    expect(found).toMatch(mend);
    expect(found[0]).toBe(level === 'warning' ? '!' : '✗');
    if (level !== 'warning') expect(code).toBe(1);
    expect(verdict).toMatch(expected);
  });
});
