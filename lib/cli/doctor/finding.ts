import type { Environment } from '../../sdk/configuration/environment.js';
import type { Signal } from '../../sdk/export/signal.js';
import type { ResolvedOptions } from '../../sdk/options.js';
import type { App } from './app/app.js';

/**
 * What does not come about: the app itself, anything recorded, any destination, or some signals, at all or by one of the
 * exporters that send them.
 */
export type Loss = 'app' | 'recording' | 'sending' | { readonly signals: readonly Signal[]; readonly by?: string };

/** One result of a check. */
export interface Finding {
  /** `problem`: telemetry is lost or wrong. `warning`: it may be. `ok`: it was looked at, and is in order. */
  readonly level: 'ok' | 'warning' | 'problem';
  /** The result as one sentence without a full stop. */
  readonly text: string;
  /** What to do about it. */
  readonly mend?: string;
  /** What does not come about because of it: then it is the reason that the verdict names. */
  readonly stops?: Loss;
}

/** What checks look at. */
export interface CheckContext {
  readonly app: App;
  readonly options: ResolvedOptions;
  /** The variables that the app is started with. */
  readonly env: Environment;
  /** The warnings of reading them. */
  readonly warnings: readonly string[];
  /** Milliseconds for one request. */
  readonly timeout: number;
}

/** Looks at one thing. What it throws is reported as a warning that it could not be looked at. */
export type Check = (context: CheckContext) => Finding[] | Promise<Finding[]>;

/** The three levels of a finding; what is not in order comes with what to do. */
export const ok = (text: string): Finding => ({ level: 'ok', text });
export const warning = (text: string, mend: string): Finding => ({ level: 'warning', text, mend });
export const problem = (text: string, mend: string, stops?: Loss): Finding => ({
  level: 'problem',
  text,
  mend,
  ...(stops && { stops }),
});
