import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { App } from '../app/app.js';
import { copiesIn, isWithin, versionOf } from '../app/installed.js';
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
  const installed = LIBRARIES.flatMap((library) => {
    const version = versionOf(app.folder, library.name);
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
    } else if (isWithin(version, library.versions)) traceable.push(library.name);
    else if (app.needs(library.name)) {
      findings.push(
        problem(
          `${library.name} ${version} is not a version that can be traced (${library.versions})`,
          `npm install ${library.name}@${newestIn(library.versions)}`,
        ),
      );
    }
  }
  const isOwn = app.starts.length === 0 || app.starts.some(({ isAnnotel }) => isAnnotel);
  if (isOwn && traceable.length > 0) findings.push(...(await patched(traceable, context)));
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
  return findings.length > 0 ? findings : [ok('none of the libraries that are traced by patching is installed')];
};

function newestIn(versions: string): number {
  return Number(/<(\d+)/.exec(versions)?.[1]) - 1;
}

/** Starts a process as the app is started, loads the libraries as the app does, and looks whether they are traced. */
async function patched(names: readonly string[], { app, timeout }: CheckContext): Promise<Finding[]> {
  const load = app.isEsModule ? 'import' : 'require';
  const program = `
    const require = process.getBuiltinModule('node:module').createRequire(process.cwd() + '/app.js');
    const { isPatched } = require(${JSON.stringify(PROBE)});
    const load = ${app.isEsModule ? '(name) => import(name)' : 'require'};
    const main = async () => {
      const found = {};
      for (const name of ${JSON.stringify(names)}) {
        try { found[name] = isPatched(name, await load(name)) } catch (error) { found[name] = error.message }
      }
      process.stdout.write('annotel:' + JSON.stringify(found));
      process.exit(0);
    };
    main();`;
  const printed = await output(program, app, timeout);
  const [, json] = /annotel:(\{.*\})/.exec(printed) ?? [];
  if (json === undefined) {
    return [
      problem(
        `a process with --import annotel/register does not come up: ${reasonIn(printed)}`,
        'mend that first: what the app says with --import annotel/register is the same',
        'recording',
      ),
    ];
  }
  const found = JSON.parse(json) as Record<string, boolean | string>;
  const said = printed
    .replace(/annotel:\{.*\}/, '')
    .split('\n')
    .find((line) => line.startsWith('annotel: ') && !line.includes('nothing is configured'));
  return names.map((name): Finding => {
    const version = versionOf(app.folder, name);
    if (found[name] === true) return ok(`${load} '${name}' (${version}) is traced with --import annotel/register`);
    if (typeof found[name] === 'string')
      return warning(`${name} cannot be loaded: ${found[name]}`, 'see that it is installed whole');
    const { text, mend } = whyNotPatched(app);
    return problem(
      `${load} '${name}' (${version}) is not traced${text}${said === undefined ? '' : ` (${said})`}`,
      said === undefined ? mend : 'mend what annotel says of it',
    );
  });
}

function whyNotPatched(app: App): { text: string; mend: string } {
  const hooks = copiesIn(app.folder, (name) => name === 'import-in-the-middle');
  const versions = [...new Set(hooks.map(({ version }) => version))];
  if (app.isEsModule && hooks.length > 1) {
    return {
      text: `: there are ${hooks.length} copies of import-in-the-middle (${hooks.map(({ version, path }) => `${version} in ${path}`).join(', ')}), and an ES module is patched by only one of them`,
      mend: `put "overrides": { "import-in-the-middle": "${versions.sort().at(-1)}" } into package.json ("resolutions" for yarn, "pnpm": { "overrides" } for pnpm), and install again`,
    };
  }
  return {
    text: ', though its version is one that can be',
    mend: 'see that annotel/register is loaded before it, and what OTEL_LOG_LEVEL=debug says of it',
  };
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
