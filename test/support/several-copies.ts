import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './programs.js';

/** What npm installs below each instrumentation where another version of one of these lies at the root. */
const NESTED = ['@opentelemetry/instrumentation', 'import-in-the-middle', 'require-in-the-middle'];

/**
 * An app whose tree holds a copy of `import-in-the-middle` for each of the instrumentations named, beside the one at the root that
 * the others use.
 *
 * @param app file name of one of the apps in `sdk-apps`
 */
export function appWithCopies(app: string, instrumentations: readonly string[]): AsyncDisposable & { folder: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'annotel-copies-')));
  const from = join(ROOT, 'node_modules');
  const to = join(folder, 'node_modules');
  const copied = instrumentations.map((name) => `@opentelemetry/instrumentation-${name}`);
  for (const name of packagesIn(from)) {
    if (copied.includes(name)) copy(join(from, name), join(to, name));
    else link(join(from, name), join(to, name));
  }
  for (const name of copied) {
    for (const nested of NESTED) copy(join(from, nested), join(to, name, 'node_modules', nested));
  }
  for (const part of ['package.json', 'dist']) copy(join(ROOT, part), join(to, 'annotel', part));
  copy(join(ROOT, 'test/support/sdk-apps', app), join(folder, app));
  return { folder, [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }) };
}

function packagesIn(modules: string): string[] {
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
  return names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}
