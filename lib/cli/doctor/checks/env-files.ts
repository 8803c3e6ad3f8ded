import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TELEMETRY_VARIABLE } from '../app/variables.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';
import { isSending } from './variables.js';

/** Files with variables that telemetry does not have when it starts. */
export const envFiles: Check = ({ app, options }) => {
  const findings: Finding[] = [];
  const loaded = app.loadedEnvFiles;
  const deployed = app.deployedEnvFiles;
  const known = app.variables;
  const missingIn = (variables: Readonly<Record<string, string>>) =>
    Object.keys(variables).filter((name) => TELEMETRY_VARIABLE.test(name) && known[name] === undefined);

  for (const { where, variables } of app.envFiles) {
    const missing = missingIn(variables);
    if (loaded.has(where) || deployed.has(where) || missing.length === 0) continue;
    const late = app.lateLoader;
    const reason =
      late === undefined
        ? 'which nothing loads before telemetry starts'
        : `which ${late.path} loads, but only after annotel/register has read the environment`;
    findings.push({
      ...problem(
        `telemetry is configured in ${where} (${list(missing)}), ${reason}`,
        `start the app with: node --env-file=${where} --import annotel/register ${scriptOf(app.commands)}; or with ANNOTEL_ENV_FILE=${where} in the environment`,
      ),
      ...(!isSending(options) && missing.some((name) => DESTINATION.test(name)) && { stops: 'sending' as const }),
    });
  }
  for (const name of loaded) {
    if (existsSync(join(app.folder, name)) || name === '.env.local') continue;
    const users = app.commands.filter(({ options }) =>
      options.join(' ').replaceAll('=', ' ').includes(`--env-file ${name}`),
    );
    if (users.length === 0) continue;
    findings.push(
      problem(
        `${users[0]?.where} loads ${name}, which is not there, and Node does not start without it`,
        `write ${name}, or name it by --env-file-if-exists=${name}`,
        'app',
      ),
    );
  }
  const elsewhere = [
    ...app.envFiles.filter(({ where }) => deployed.has(where) && !loaded.has(where)),
    ...app.deployment.map(({ name, variables }) => ({ where: name, variables })),
  ];
  for (const { where, variables } of elsewhere) {
    const missing = missingIn(variables);
    if (missing.length === 0 || Object.keys(known).some((known) => DESTINATION.test(known))) continue;
    findings.push(
      warning(
        `${where} sets ${list(missing)}, which this environment does not have`,
        `run annotel doctor where ${where} applies, or with those variables: what is said here is about this environment`,
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('no file sets variables that telemetry does not have when it starts')];
};

const DESTINATION = /^OTEL_EXPORTER_|_EXPORTER$|^APPLICATIONINSIGHTS_CONNECTION_STRING$/;

function scriptOf(commands: readonly { script: string | undefined }[]): string {
  return (
    commands.find(({ script }) => script !== undefined && /\.[cm]?js$|^dist/.test(script))?.script ?? 'dist/main.js'
  );
}

function list(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
