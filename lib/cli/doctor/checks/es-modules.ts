import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { isInstalled } from '../app-manifest.js';
import { type Check, type Finding, ok, problem } from '../finding.js';

/** What to import, and where a patch shows: a function that an instrumentation wraps says so of itself. */
const TARGETS: readonly { readonly name: string; readonly instrumentation: string; readonly patched: string }[] = [
  { name: 'pg', instrumentation: 'pg', patched: '(m) => (m.default ?? m).Client.prototype.query' },
  { name: 'ioredis', instrumentation: 'ioredis', patched: '(m) => (m.default ?? m).prototype.sendCommand' },
  { name: 'express', instrumentation: 'express', patched: '(m) => (m.default ?? m).application.use' },
];

/** Starts a process as the app is started, loads the libraries as ES modules, and looks whether they are traced. */
export const esModules: Check = async ({ folder, options, timeout }) => {
  const targets = TARGETS.filter(
    ({ name, instrumentation }) =>
      isInstalled(folder, name) && [...options.enabledInstrumentations].some((enabled) => enabled === instrumentation),
  );
  if (targets.length === 0) return [ok('none of the libraries that are traced by patching is installed')];
  const lines = targets.map(({ name, patched }) => `[${JSON.stringify(name)}]: (${patched})(await load('${name}'))`);
  // `__wrapped` is what the OpenTelemetry instrumentations leave on a function that they have wrapped.
  const program = `
    const load = (name) => import(name);
    const found = { ${lines.join(', ')} };
    for (const [name, value] of Object.entries(found)) found[name] = value?.__wrapped === true;
    process.stdout.write('annotel:' + JSON.stringify(found));
    process.exit(0);`;
  const printed = await output(program, folder, timeout);
  const [, json] = /annotel:(\{.*\})/.exec(printed) ?? [];
  if (json === undefined) {
    return [problem('a process with --import annotel/register did not come up', `it said: ${printed.slice(0, 300)}`)];
  }
  const found = JSON.parse(json) as Record<string, boolean>;
  return targets.map(({ name }): Finding => {
    if (found[name]) return ok(`import '${name}' is traced with --import annotel/register`);
    return problem(
      `import '${name}' is not traced, though it is installed: its version may not be known to the instrumentation`,
      'see that annotel/register is loaded before it, and OTEL_LOG_LEVEL=debug for what is patched',
    );
  });
};

function output(program: string, folder: string, timeout: number): Promise<string> {
  // The copy that this one belongs to, whichever the app would find.
  const register = createRequire(import.meta.url).resolve('annotel/register');
  return new Promise((resolve) => {
    const quiet = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const child = spawn(process.execPath, ['--import', register, '--input-type=module', '-e', program], {
      cwd: folder,
      env: { PATH: '', ...quiet, ANNOTEL_CONSOLE: 'off' },
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
