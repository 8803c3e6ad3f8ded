import { join } from 'node:path';
import { environment, resolveOptions } from '../../sdk/options.js';
import { collectWarnings } from '../../sdk/warnings.js';
import { configured, spool } from './checks/configuration.js';
import { decorators } from './checks/decorators.js';
import { endpoints } from './checks/endpoints.js';
import { esModules } from './checks/es-modules.js';
import { apiCopies, optionalPackages, otherAgents } from './checks/packages.js';
import { nodeVersion, registeredFirst, startCommand } from './checks/start.js';
import { effectiveConfiguration, type Setting } from './effective-configuration.js';
import type { Check, CheckContext, Finding } from './finding.js';

const CHECKS: Readonly<Record<string, Check>> = {
  configuration: configured,
  'node version': nodeVersion,
  'start command': startCommand,
  'copies of @opentelemetry/api': apiCopies,
  'who registers first': registeredFirst,
  'other agents': otherAgents,
  'optional packages': optionalPackages,
  decorators,
  'ES modules': esModules,
  endpoints,
  spool,
};
const MARKS = { ok: '✓', warning: '!', problem: '✗' } as const;

interface Arguments {
  readonly json?: boolean | undefined;
  /** Milliseconds for one request. Default 5000. */
  readonly timeout?: number | undefined;
}

/** Examines the app in the working directory with the environment of this process; resolves to the exit code. */
export async function runDoctor({ json, timeout = 5000 }: Arguments): Promise<number> {
  const warnings: string[] = [];
  const folder = process.cwd();
  const stopListening = collectWarnings((sentence) => warnings.push(sentence));
  // Of the app in this folder, and not of this program.
  const options = resolveOptions({}, join(folder, 'main.js'));
  stopListening();
  const context: CheckContext = { folder, options, env: environment(), warnings, timeout };
  const settings = effectiveConfiguration(context);
  const findings: Record<string, Finding[]> = {};
  // Exporters do not keep a process alive; here they have to.
  const holding = setInterval(() => {}, 1000);
  for (const [name, check] of Object.entries(CHECKS)) findings[name] = await examined(check, context);
  clearInterval(holding);
  const found = Object.values(findings).flat();
  const problems = found.filter(({ level }) => level === 'problem').length;
  const text = json ? JSON.stringify({ settings, findings, problems }, null, 2) : inText(settings, findings);
  process.stdout.write(`${text}\n`);
  return problems > 0 ? 1 : 0;
}

/** A check that fails says so, and does not keep the others from being made. */
async function examined(check: Check, context: CheckContext): Promise<Finding[]> {
  try {
    return await check(context);
  } catch (error) {
    return [{ level: 'warning', text: `cannot be checked: ${(error as Error).message}` }];
  }
}

function inText(settings: readonly Setting[], findings: Readonly<Record<string, readonly Finding[]>>): string {
  const widest = Math.max(...settings.map(({ name }) => name.length));
  const configuration = settings.map(({ name, value, source }) => `  ${name.padEnd(widest)}  ${value}  (${source})`);
  const checks = Object.entries(findings).flatMap(([name, list]) => [
    '',
    name,
    ...list.flatMap(({ level, text, mend }) => [
      `  ${MARKS[level]} ${text}`,
      ...(mend === undefined ? [] : [`      → ${mend}`]),
    ]),
  ]);
  return ['effective configuration', ...configuration, ...checks, '', summary(Object.values(findings).flat())].join(
    '\n',
  );
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const problems = count('problem');
  const warnings = count('warning');
  const noted = warnings === 0 ? '' : `, ${warnings} to look at`;
  return problems === 0 ? `nothing is wrong${noted}` : `${problems} ${problems === 1 ? 'problem' : 'problems'}${noted}`;
}
