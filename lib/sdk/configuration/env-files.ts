import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { isTelemetryVariable } from './variables.js';

const MOST_NAMED = 3;

/**
 * Loads the files that `ANNOTEL_ENV_FILE` lists into the environment, as `node --env-file` does: what is set already stays.
 *
 * @returns a sentence for each that cannot be read
 */
export function loadEnvFiles(list: string | undefined): string[] {
  const files = (list ?? '').split(',').map((file) => file.trim());
  return files.flatMap((file) => {
    try {
      if (file !== '') process.loadEnvFile(file);
      return [];
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return [`ANNOTEL_ENV_FILE=${JSON.stringify(file)} cannot be loaded (${code ?? message}), and is left out`];
    }
  });
}

/** Variables of telemetry that a file sets and the environment does not have. */
export interface UnreadVariables {
  readonly file: string;
  readonly names: readonly string[];
}

/**
 * Those of the files of a folder that apps load themselves, which is after a preload has read the environment.
 *
 * @param environment in which telemetry starts
 */
export function unreadVariables(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): UnreadVariables[] {
  const mode = environment['NODE_ENV']?.trim();
  const files = ['.env', '.env.local', ...(mode ? [`.env.${mode}`] : [])];
  return files.flatMap((file) => {
    try {
      const variables = Object.entries(parseEnv(readFileSync(join(folder, file), 'utf8')));
      const unread = variables.filter(([name, value]) => value?.trim() && environment[name] === undefined);
      const names = unread.map(([name]) => name).filter(isTelemetryVariable);
      return names.length > 0 ? [{ file, names }] : [];
    } catch {
      // There is none, as in most folders.
      return [];
    }
  });
}

/** What is said of a file, with its mend. */
export function unreadSentence({ file, names }: UnreadVariables): string {
  return (
    `${file} sets ${listed(names)}, but telemetry has started without: ` +
    `start with ANNOTEL_ENV_FILE=${file} in the environment, or with node --env-file=${file}`
  );
}

/** What is said of variables that were set after the start. */
export function lateSentence(names: readonly string[]): string {
  return (
    `telemetry had started before ${listed(names)} came into the environment: ` +
    'name the file that sets variables by ANNOTEL_ENV_FILE=… in the environment, or by node --env-file=…'
  );
}

function listed(names: readonly string[]): string {
  const rest = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(', ')}${rest}`;
}
