import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { App } from '../app/app.js';
import { isInstalled, isWithin, versionOf } from '../app/installed.js';
import { type Check, type CheckContext, type Finding, ok, problem, warning } from '../finding.js';
import { PROBE } from '../run/run.js';
import { LIBRARIES } from '../traced-libraries.js';

/** Libraries that OpenTelemetry can trace, by an instrumentation that annotel does not bring. */
const OTHERS: Readonly<Record<string, string>> = {
  amqplib: 'amqplib',
  '@grpc/grpc-js': 'grpc',
  graphql: 'graphql',
  kafkajs: 'kafkajs',
  koa: 'koa',
  mongodb: 'mongodb',
  mongoose: 'mongoose',
  mysql: 'mysql',
  mysql2: 'mysql2',
  tedious: 'tedious',
};

/** Whether what the app has installed is of a version that can be traced, and is traced when it is started with annotel. */
export const libraries: Check = async (context) => {
  const { app, options } = context;
  const findings: Finding[] = [];
  const installed = LIBRARIES.filter(({ name }) => app.uses(name)).flatMap((library) => {
    const version = versionOf(app.folder, library.name) ?? newestOf(app.dependencies[library.name]);
    return version === undefined ? [] : [{ ...library, version }];
  });
  const traceable: string[] = [];
  for (const { version, ...library } of installed) {
    if (!options.enabledInstrumentations.has(library.instrumentation)) {
      findings.push(
        warning(
          `${library.name} is not traced, as OTEL_NODE_ENABLED_INSTRUMENTATIONS or OTEL_NODE_DISABLED_INSTRUMENTATIONS leaves ${library.instrumentation} out`,
          'unset them where it is wanted',
        ),
      );
    } else if (isWithin(version, library.versions)) {
      if (isInstalled(app.folder, library.name)) traceable.push(library.name);
    } else {
      findings.push(
        problem(
          `${library.name} ${version.replace('.999.0', '')} is not a version that can be traced (${library.versions})`,
          `npm install ${library.name}@${newestIn(library.versions)}`,
        ),
      );
    }
  }
  const isOwn = app.starts.length === 0 || app.starts.some(({ isAnnotel }) => isAnnotel);
  if (isOwn) findings.push(...(await startedWith(traceable, context)));
  const others = Object.keys(OTHERS).filter((name) => name in (app.manifest.dependencies ?? {}));
  if (isOwn && others.length > 0 && app.sourceWith(/\binstrumentations\s*:/) === undefined) {
    const [first = ''] = others;
    findings.push(
      warning(
        `annotel brings no instrumentation for ${others.join(', ')}: what happens there is a part of the calls that use it, without spans of its own`,
        `npm install @opentelemetry/instrumentation-${OTHERS[first]}, and start by startTelemetry({ instrumentations: [new …] }) if you want them`,
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('they are left to the SDK of the app')];
};

/** Where it is not installed: what an installation would bring. */
function newestOf(range: string | undefined): string | undefined {
  const [, sign, version, major] = /^\s*(\D*)((\d+)[\d.]*)/.exec(range ?? '') ?? [];
  if (version === undefined) return undefined;
  return sign === '' && version.includes('.') ? version : `${major}.999.0`;
}

function newestIn(versions: string): number {
  return Number(/<(\d+)/.exec(versions)?.[1]) - 1;
}

/** Starts a process as the app is started, and looks whether telemetry starts, and which libraries are traced as the app loads them. */
async function startedWith(names: readonly string[], { app, timeout }: CheckContext): Promise<Finding[]> {
  const load = app.isEsModule ? 'import' : 'require';
  const program = `
    const require = process.getBuiltinModule('node:module').createRequire(process.cwd() + '/app.js');
    const { isPatched } = require(${JSON.stringify(PROBE)});
    const load = ${app.isEsModule ? '(name) => import(name)' : 'require'};
    const main = async () => {
      const isStarted = globalThis[Symbol.for('annotel.telemetry')] !== undefined;
      const patched = {};
      for (const name of ${JSON.stringify(names)}) {
        try { patched[name] = isPatched(name, await load(name)) } catch (error) { patched[name] = error.stack ?? String(error) }
      }
      process.stdout.write('annotel:' + JSON.stringify({ isStarted, patched }));
      process.exit(0);
    };
    main();`;
  const printed = await output(program, app, timeout);
  const [, json] = /annotel:(\{.*\})/.exec(printed) ?? [];
  const said = printed.split('\n').find((line) => /^annotel: (?!nothing is configured)/.test(line));
  const { isStarted, patched } = JSON.parse(json ?? '{"patched":{}}') as Found;
  if (!isStarted) {
    return [
      problem(
        `a process with --import annotel/register starts no telemetry: ${said?.replace(/^annotel: (cannot start telemetry, and the app runs without: )?/, '') ?? reasonIn(printed)}`,
        'mend that first: the app says the same where it is started so',
        'recording',
      ),
    ];
  }
  return [
    ok('a process with --import annotel/register starts telemetry'),
    ...names.map((name): Finding => {
      const version = versionOf(app.folder, name);
      if (patched[name] === true) return ok(`${load} '${name}' (${version}) is traced with --import annotel/register`);
      const failed = printed.split('\n').find((line) => line.startsWith(`annotel: cannot instrument ${name} `));
      if (failed !== undefined) {
        return problem(
          `${load} '${name}' (${version}) is not traced: its instrumentation fails to patch it (${failed.split(': ').at(-1)})`,
          `npm install ${name}@${newestIn(LIBRARIES.find((library) => library.name === name)?.versions ?? '')}; or OTEL_NODE_DISABLED_INSTRUMENTATIONS=${name}`,
        );
      }
      if (typeof patched[name] === 'string') {
        const { 0: reason } = patched[name].split('\n');
        return warning(`${name} cannot be loaded: ${reason}`, 'see that it is installed whole');
      }
      return said === undefined
        ? problem(
            `${load} '${name}' (${version}) is not traced, though its version is one that can be`,
            'see that annotel/register is loaded before it, and what OTEL_LOG_LEVEL=debug says of it',
          )
        : problem(`${load} '${name}' (${version}) is not traced (${said})`, 'mend what annotel says there');
    }),
  ];
}

/** What the process has found; the reason in place of a library that cannot be loaded. */
interface Found {
  readonly isStarted?: boolean;
  readonly patched: Readonly<Record<string, boolean | string>>;
}

/** The last line of an error that says something. */
function reasonIn(printed: string): string {
  const lines = printed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (lines.find((line) => /^\w*Error\b.*:/.test(line)) ?? lines.at(-1) ?? 'it says nothing').slice(0, 300);
}

/** As the app finds it; else that of the copy that this is. */
function registerOf(folder: string): string {
  try {
    return createRequire(join(folder, 'app.js')).resolve('annotel/register');
  } catch {
    return createRequire(import.meta.url).resolve('annotel/register');
  }
}

function output(program: string, { folder, environment }: App, timeout: number): Promise<string> {
  // Yarn's is loaded by NODE_OPTIONS.
  const { NODE_OPTIONS = '' } = environment;
  const plugAndPlay = process.versions['pnp'] === undefined ? {} : { NODE_OPTIONS };
  const register = pathToFileURL(registerOf(folder)).href;
  return new Promise((resolve) => {
    const quiet = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const child = spawn(process.execPath, ['--import', register, '--input-type=module', '-e', program], {
      cwd: folder,
      env: { PATH: '', ...quiet, ANNOTEL_CONSOLE: 'off', ...plugAndPlay },
      // Loading may take long on a machine that has not done it before.
      timeout: Math.max(timeout, 20_000),
    });
    let printed = '';
    const take = (data: Buffer) => {
      printed += data;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => resolve(error.message));
    child.on('close', () => resolve(printed));
  });
}
