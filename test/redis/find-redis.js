import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's server is the same program as its check of files, and lies in that package. */
const PACKAGES = ['redis-tools', 'libjemalloc2', 'liblzf1'];
const PROGRAM = 'usr/bin/redis-check-rdb';

/**
 * Finds a Redis server: on the PATH, in the folder, or in Debian's packages, which are then unpacked into the folder, not
 * installed.
 *
 * @returns its path and environment, or what is `missing`
 */
export function findRedis(folder) {
  if (answers({ program: 'redis-server', env: process.env })) return { program: 'redis-server', env: process.env };
  const program = join(folder, 'redis-server');
  if (!existsSync(program)) {
    try {
      unpack(folder, program);
    } catch (error) {
      const reason = String(error.stderr || error.message).trim();
      return { missing: `it needs redis-server on the PATH, or Debian's apt-get and a network (${reason})` };
    }
  }
  const libraries = readdirSync(join(folder, 'usr/lib')).map((name) => join(folder, 'usr/lib', name));
  const found = { program, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') } };
  return answers(found) ? found : { missing: `${program} does not run here` };
}

function answers({ program, env }) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore', env });
    return true;
  } catch {
    return false;
  }
}

function unpack(folder, program) {
  mkdirSync(folder, { recursive: true });
  execFileSync('apt-get', ['download', ...PACKAGES], { cwd: folder, stdio: 'pipe' });
  for (const archive of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    execFileSync('dpkg', ['-x', archive, '.'], { cwd: folder, stdio: 'pipe' });
  // It is whichever of the two it is called.
  execFileSync('cp', [join(folder, PROGRAM), program]);
}
