/*
 * Installs the packed package into apps as others have them, runs them, and compares what they send and say with what they should.
 * Usage: node test/everywhere/run.js [--keep] [word …]
 * A word chooses the cells whose name has it; --keep leaves the apps in their folder.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, runCell } from './app.js';
import { APPS } from './apps/index.js';

const AT_A_TIME = 2;
const ROOT = join(import.meta.dirname, '..', '..');

const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const folder = mkdtempSync(join(tmpdir(), 'annotel-everywhere-'));
const failures = [];
let passed = 0;

try {
  const [packed] = JSON.parse(npm('pack', '--json', '--pack-destination', folder));
  const tarball = join(folder, packed.filename);
  const waiting = APPS.map(chosen).filter(({ cells }) => cells.length > 0);
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (let app = waiting.shift(); app; app = waiting.shift()) await runApp(app, tarball);
    }),
  );
} finally {
  if (process.argv.includes('--keep')) console.log(`The apps are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
for (const { name, reason } of failures) console.log(`\n${name}\n${reason.replace(/^/gm, '    ')}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0;

function npm(...args) {
  return execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
}

/** An app with those of its cells that are to run. */
function chosen(app) {
  const isChosen = ({ name }) => words.length === 0 || words.some((word) => `${app.name}: ${name}`.includes(word));
  return { ...app, cells: app.cells.filter(isChosen) };
}

async function runApp(app, tarball) {
  const place = join(folder, app.name.replace(/\W+/g, '-'));
  mkdirSync(place);
  const begun = performance.now();
  try {
    await install(app, place, tarball);
  } catch (error) {
    for (const cell of app.cells) print(app, cell, begun, error);
    return;
  }
  for (const cell of app.cells) {
    const start = performance.now();
    try {
      print(app, cell, start, undefined, await runCell(app, cell, place, tarball));
    } catch (error) {
      print(app, cell, start, error);
    }
  }
}

/** One line of the table. */
function print(app, cell, start, error, seen) {
  const name = `${app.name}: ${cell.name}`;
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(
    `${error ? 'FAILED' : 'ok    '}  ${name.padEnd(70)} ${seconds.padStart(8)}  ${error ? '' : seen.slice(0, 90)}`,
  );
  if (error) failures.push({ name, reason: error.message });
  else passed++;
}
