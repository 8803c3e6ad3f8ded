import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { recorded } from './expectations.js';
import { startReceiver } from './receiver.js';

/**
 * An app to install annotel into.
 *
 * @typedef {object} App
 * @property {string} name
 * @property {Record<string, string>} [packages] besides annotel, by version; without them there is no package.json at first
 * @property {object} [manifest] what else its package.json says
 * @property {Record<string, string>} [files] those of the folder that it is installed in
 * @property {readonly string[]} [install] the commands, in place of `npm install`; `$ANNOTEL` is the tarball
 * @property {Record<string, string>} [env]
 * @property {boolean} [tls] what receives its telemetry does so by TLS
 * @property {readonly Cell[]} cells
 *
 * What is tried with it, in a folder of its own.
 *
 * @typedef {object} Cell
 * @property {string} name
 * @property {Record<string, string>} [files]
 * @property {readonly string[]} run shell commands; one that fails ends the cell
 * @property {Record<string, string>} [env]
 * @property {string} [in] the folder to run in, where it is not one of its own
 * @property {(seen: Seen) => string} [expect] throws where something else was seen; says what was, for the table
 *
 * @typedef {object} Seen
 * @property {import('./receiver.js').Heard} heard
 * @property {readonly { path: string, body: string }[]} requests
 * @property {string} output of all commands
 */

const QUIET = '--no-audit --no-fund --prefer-offline --loglevel=error';
const LIMIT = 300_000;

/** @param {App} app */
export async function install(app, place, tarball) {
  const dependencies = { ...app.packages, annotel: `file:${tarball}` };
  const manifest = JSON.stringify({ private: true, dependencies, ...app.manifest });
  write(place, { ...(app.packages && { 'package.json': manifest }), ...app.files });
  await runAll(app.install ?? [`npm install ${QUIET}`], place, place, { ANNOTEL: tarball });
}

/** @param {App} app @param {Cell} cell */
export async function runCell(app, cell, place, tarball) {
  const folder = join(place, cell.in ?? cell.name.replace(/\W+/g, '-'));
  write(folder, cell.files ?? {});
  const receiver = await startReceiver({ tls: app.tls });
  try {
    const output = await runAll(cell.run, folder, place, {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      RECEIVER: receiver.url,
      ANNOTEL: tarball,
      ...app.env,
      ...cell.env,
    });
    return seenIn({ output, requests: receiver.requests, heard: receiver.heard() }, cell.expect ?? recorded());
  } finally {
    receiver.close();
  }
}

function seenIn(seen, expect) {
  try {
    return expect(seen);
  } catch (error) {
    throw new Error(`${error.message}\nIt said:\n${seen.output.slice(-4000)}\nIt sent:\n${outline(seen)}`);
  }
}

function outline({ heard, requests }) {
  const { spans, metrics, logs } = heard;
  return [
    ...spans.map(({ name, id, parent }) => `span ${name} ${id} below ${parent || 'nothing'}`),
    `metrics ${metrics.join(', ')}`,
    ...logs.map(({ body, event, traceId }) => `log record ${body} ${event} ${traceId}`),
    `requests ${requests.map(({ path, body }) => `${path} (${body.length})`).join(', ')}`,
  ].join('\n');
}

function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  mkdirSync(folder, { recursive: true });
}

/** Runs one command after the other, and returns what they print. */
async function runAll(commands, folder, place, env) {
  let output = '';
  for (const command of commands) {
    const { code, text } = await run(command, folder, place, env);
    output += text;
    if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${output.slice(-6000)}`);
  }
  return output;
}

function run(command, folder, place, env) {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    env: { ...cleanEnvironment(place), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const limit = setTimeout(() => end(child), LIMIT);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code: code ?? signal, text });
    });
  });
}

/** With what it has started. */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Without what npm tells its scripts and what this repository's telemetry is told; with this Node, and the app's own commands. */
function cleanEnvironment(place) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_registry)|OTEL_|ANNOTEL_|NODE_OPTIONS|NODE_ENV|INIT_CWD|CI$)/.test(name),
  );
  const PATH = [
    join(place, 'node_modules', '.bin'),
    dirname(process.execPath),
    ...(process.env.PATH ?? '').split(delimiter).filter((path) => !path.includes('node_modules')),
  ].join(delimiter);
  return { ...Object.fromEntries(kept), PATH, FORCE_COLOR: '0', NO_COLOR: '1' };
}
