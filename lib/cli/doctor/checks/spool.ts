import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, ok, problem, warning } from '../finding.js';

/** Whether what cannot be exported can be kept, and what is kept from before. */
export const spool: Check = ({ options, env }) => {
  const asked = env.text('ANNOTEL_SPOOL_DIR');
  const { spoolDir: dir } = options;
  if (dir === undefined) {
    if (asked === undefined) return [ok('none: what cannot be exported is held in memory, and lost with the process')];
    return [problem(`ANNOTEL_SPOOL_DIR=${asked} cannot be written to`, 'give the app a folder that it may write to')];
  }
  const files = existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }) : [];
  const corrupt = files.filter((file) => file.endsWith('.corrupt'));
  if (corrupt.length > 0) {
    const where = corrupt.map((file) => join(dir, file)).slice(0, 3);
    return [warning(`corrupt files were set aside (${corrupt.length}), such as ${where.join(', ')}`, 'remove them')];
  }
  return [ok(`${dir} can be written to`)];
};
