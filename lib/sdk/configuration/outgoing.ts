import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type LogLevelRule, parseLogLevels } from '../logs/log-levels.js';
import { parseHosts } from '../propagation/hosts.js';
import type { PropagatorName } from '../propagation/propagator.js';
import { warn, warnOfValue } from '../warnings.js';
import type { Environment } from './environment.js';

const PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage', 'b3', 'b3multi'];

/** Which records, attributes and context leave, and where what cannot leave is kept. */
export interface OutgoingOptions {
  /** `ANNOTEL_LOG_LEVELS`. Default none, and every record is exported. */
  readonly logLevels: readonly LogLevelRule[];
  /** `ANNOTEL_DROP_ATTRIBUTES`. Default none. */
  readonly dropAttributes: readonly string[];
  /** `ANNOTEL_PROPAGATE_CONTEXT`. Default none. */
  readonly propagateContext: readonly string[];
  /** `OTEL_PROPAGATORS`. Default `tracecontext,baggage`. */
  readonly propagators: readonly PropagatorName[];
  /**
   * `ANNOTEL_SPOOL_DIR`: directory on disk for what cannot be exported, made if it is not there. Default none: that is held in
   * memory, and lost with the process.
   */
  readonly spoolDir: string | undefined;
}

/** Reads them. An entry of a list that is not understood is left out, with a warning; the others count. */
export function outgoingOptions(env: Environment): OutgoingOptions {
  const options: OutgoingOptions = {
    logLevels: logLevels(env),
    dropAttributes: dropAttributes(env),
    propagateContext: hosts(env),
    propagators: propagators(env),
    spoolDir: spoolDir(env),
  };
  warnOfHosts(options);
  return options;
}

function warnOfHosts({ propagateContext, propagators }: OutgoingOptions): void {
  if (propagateContext.length > 0 && !propagators.includes('baggage')) {
    warn(
      'ANNOTEL_PROPAGATE_CONTEXT lists hosts, but OTEL_PROPAGATORS leaves out baggage: the request context goes nowhere',
    );
  }
  if (propagateContext.includes('*')) {
    warn('ANNOTEL_PROPAGATE_CONTEXT=* sends tenants and users to every host, model providers included');
  }
}

function logLevels(env: Environment): readonly LogLevelRule[] {
  const { rules, unknown } = parseLogLevels(env.text('ANNOTEL_LOG_LEVELS') ?? '');
  if (unknown.length > 0) {
    const allowed = 'logger=level with trace, debug, info, warn, error, fatal or off';
    warnOfValue('ANNOTEL_LOG_LEVELS', unknown.join(','), allowed, rules.length > 0 ? 'the rest' : 'every record');
  }
  return rules;
}

function dropAttributes(env: Environment): readonly string[] {
  const entries = (env.text('ANNOTEL_DROP_ATTRIBUTES') ?? '').split(',').map((entry) => entry.trim());
  const patterns = entries.filter((entry) => /^[\w.*/-]+$/.test(entry));
  const broken = entries.filter((entry) => entry !== '' && !patterns.includes(entry));
  if (broken.length > 0) {
    warnOfValue('ANNOTEL_DROP_ATTRIBUTES', broken.join(','), 'names of attributes, with * for any part', 'the rest');
  }
  return patterns;
}

function hosts(env: Environment): readonly string[] {
  const { hosts, unknown } = parseHosts(env.text('ANNOTEL_PROPAGATE_CONTEXT') ?? '');
  if (unknown.length > 0) {
    const allowed = 'hosts such as api.example.com, *.internal, 10.0.*';
    warnOfValue('ANNOTEL_PROPAGATE_CONTEXT', unknown.join(','), allowed, hosts.length > 0 ? 'the rest' : 'none');
  }
  return hosts;
}

function propagators(env: Environment): readonly PropagatorName[] {
  const listed = env.listOf('OTEL_PROPAGATORS', [...PROPAGATORS, 'none'], 'tracecontext, baggage');
  if (listed === undefined) return ['tracecontext', 'baggage'];
  return listed.includes('none') ? [] : listed.filter((name) => name !== 'none');
}

function spoolDir(env: Environment): string | undefined {
  const dir = env.text('ANNOTEL_SPOOL_DIR');
  if (dir === undefined || canWriteTo(dir)) return dir;
  warnOfValue('ANNOTEL_SPOOL_DIR', dir, 'a folder that can be made and written to', 'none');
  return undefined;
}

/** Whether the folder can be written to, once it is made. */
function canWriteTo(dir: string): boolean {
  try {
    make(dir);
    accessSync(dir, constants.W_OK | constants.X_OK);
    return statSync(dir).isDirectory();
  } catch {
    return false;
  }
}

/** One by one: `mkdir` with `recursive` never returns where nothing can be made, as in /proc. */
function make(dir: string): void {
  if (existsSync(dir)) return;
  make(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}
