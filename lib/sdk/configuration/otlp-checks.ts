import { accessSync, constants } from 'node:fs';
import { complain } from '../warnings.js';
import type { Environment } from './environment.js';

const PARTS = ['', 'TRACES_', 'METRICS_', 'LOGS_'] as const;
const MILLIS = { least: 1, most: 2 ** 31 - 1, whole: false };
const FILES = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const;

/**
 * Complains of what OpenTelemetry's own readers of `OTEL_EXPORTER_OTLP_*` will not understand: they report it only where
 * nobody looks, or not at all.
 */
export function checkOtlp(env: Environment): void {
  for (const part of PARTS) {
    const prefix = `OTEL_EXPORTER_OTLP_${part}`;
    checkHeaders(env, `${prefix}HEADERS`);
    env.number(`${prefix}TIMEOUT`, MILLIS, '10000');
    env.check(`${prefix}COMPRESSION`, ['gzip', 'none'], 'none');
    for (const file of FILES) checkFile(env, `${prefix}${file}`);
  }
  env.oneOf('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', ['cumulative', 'delta', 'lowmemory'], 'cumulative');
}

/** Headers hold keys, so that none of their values is ever repeated. */
function checkHeaders(env: Environment, variable: string): void {
  const entries = (env.text(variable) ?? '').split(',').filter((entry) => entry.trim() !== '');
  const broken = entries.filter((entry) => !/^\s*[!#$%&'*+.^_`|~\w-]+\s*=/.test(entry));
  if (broken.length === 0) return;
  const places = broken.map((entry) => `entry ${entries.indexOf(entry) + 1} of ${entries.length}`).join(', ');
  complain(variable, places, 'name=value, with a comma between two', 'the rest', places);
}

function checkFile(env: Environment, variable: string): void {
  const file = env.text(variable);
  if (file === undefined) return;
  try {
    accessSync(file, constants.R_OK);
  } catch {
    complain(variable, file, 'a file that can be read', 'none');
  }
}
