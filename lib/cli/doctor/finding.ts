import type { Environment } from '../../sdk/configuration/environment.js';
import type { ResolvedOptions } from '../../sdk/options.js';

/** One result of a check. */
export interface Finding {
  /** `problem`: telemetry is lost or wrong. `warning`: it may be. `ok`: it was looked at, and is in order. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** The result as one sentence without a full stop. */
  readonly text: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** What checks look at. */
export interface CheckContext {
  /** Folder of the app: the working directory. */
  readonly folder: string;
  readonly options: ResolvedOptions;
  readonly env: Environment;
  /** The warnings of reading the configuration. */
  readonly warnings: readonly string[];
  /** Milliseconds for one request. */
  readonly timeout: number;
}

/** Looks at one thing. What it throws is reported as a warning that it could not be checked. */
export type Check = (context: CheckContext) => Finding[] | Promise<Finding[]>;

/** The three levels of a finding; what is not in order comes with what to do. */
export const ok = (text: string): Finding => ({ level: 'ok', text });
export const warning = (text: string, mend: string): Finding => ({ level: 'warning', text, mend });
export const problem = (text: string, mend: string): Finding => ({ level: 'problem', text, mend });
