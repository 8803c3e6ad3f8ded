import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'dist', 'lib', 'cli', 'annotel.js');

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `annotel`, or that of a folder, with these variables and no others. */
export function annotel(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  bin = BIN,
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', ...environment };
    const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Files by their path; what is no text is written as JSON, and `undefined` leaves a file out. */
export type Files = Readonly<Record<string, unknown>>;

/** A folder with an app in it, for the doctor to look at. */
export class DoctorApp {
  readonly folder = mkdtempSync(join(tmpdir(), 'annotel-doctor-'));

  write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      if (content === undefined) continue;
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
  }

  /** Packages that are there by name and version, and do nothing. */
  install(packages: Readonly<Record<string, string>>): void {
    for (const [path, version] of Object.entries(packages)) {
      const name = path.replace(/^.*node_modules\//, '');
      this.write({
        [join('node_modules', path, 'package.json')]: { name, version, main: 'index.js' },
        [join('node_modules', path, 'index.js')]: '',
      });
    }
  }

  /** A package of this repository, or this package itself. */
  link(name: string): void {
    const path = join(this.folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(name === 'annotel' ? ROOT : join(ROOT, 'node_modules', name), path);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
