import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestIn } from '../app-manifest.js';
import { type Check, ok, warning } from '../finding.js';

const PRELOAD = 'annotel/register';
const FILES = ['Dockerfile', 'Procfile', 'compose.yaml', 'docker-compose.yml', 'ecosystem.config.js', 'nest-cli.json'];

/** Whether anything that starts the app loads telemetry before it: what is loaded earlier is not patched. */
export const startCommand: Check = ({ folder, env }) => {
  if (env.text('NODE_OPTIONS')?.includes(PRELOAD)) return [ok(`NODE_OPTIONS loads ${PRELOAD}`)];
  const scripts = Object.entries(manifestIn(folder).scripts ?? {});
  const script = scripts.find(([, command]) => command.includes(PRELOAD));
  if (script) return [ok(`the script "${script[0]}" loads ${PRELOAD}`)];
  const file = FILES.find((name) => textOf(join(folder, name)).includes(PRELOAD));
  if (file) return [ok(`${file} loads ${PRELOAD}`)];
  return [
    warning(
      `neither NODE_OPTIONS nor a script of package.json loads ${PRELOAD}: databases, caches and Express are traced only if it is loaded before them`,
      `start the app with: node --import ${PRELOAD} dist/main.js`,
    ),
  ];
};

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
