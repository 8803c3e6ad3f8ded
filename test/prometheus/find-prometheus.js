import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Finds a Prometheus server with its promtool: on the PATH, in the folder, or as Debian's package, which is then unpacked
 * into the folder, not installed.
 *
 * @returns the paths of both, or what is `missing`
 */
export function findPrometheus(folder) {
  if (answers('prometheus') && answers('promtool')) return { prometheus: 'prometheus', promtool: 'promtool' };
  const unpacked = { prometheus: join(folder, 'usr/bin/prometheus'), promtool: join(folder, 'usr/bin/promtool') };
  if (!existsSync(unpacked.promtool)) {
    try {
      unpack(folder);
    } catch (error) {
      const reason = String(error.stderr || error.message).trim();
      return { missing: `it needs prometheus and promtool on the PATH, or Debian's apt-get and a network (${reason})` };
    }
  }
  return answers(unpacked.prometheus) ? unpacked : { missing: `${unpacked.prometheus} does not run here` };
}

function answers(program) {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function unpack(folder) {
  mkdirSync(folder, { recursive: true });
  execFileSync('apt-get', ['download', 'prometheus'], { cwd: folder, stdio: 'pipe' });
  const archive = readdirSync(folder).find((name) => /^prometheus_.*\.deb$/.test(name));
  if (!archive) throw new Error('apt-get downloaded nothing');
  execFileSync('dpkg', ['-x', archive, '.'], { cwd: folder, stdio: 'pipe' });
}
