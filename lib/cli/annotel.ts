#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { SCOPE_VERSION } from '../genai/semconv.js';
import { runDoctor } from './doctor/doctor.js';

const USAGE = `annotel ${SCOPE_VERSION}

  annotel doctor [--all] [--json] [--timeout <milliseconds>] [--run "<command>" [--seconds <seconds>]]

      Run it where your app starts, with the app's environment. Says first whether telemetry will be sent, and where;
      then what is wrong and what to do; then what is configured, and where each value comes from. It looks at start
      commands, files of variables, endpoints, credentials, the clock, copies of packages, other SDKs, libraries that
      cannot be patched, bundlers, decorators. --all also shows what is in order, and every default.
      --run "node dist/main.js" starts the app, watches it for 5 seconds or as many as --seconds says, and stops it: what
      really registered, was patched, decorated, sent and refused.
      Ends with 1 where something is wrong, with 2 where it is called wrongly, else with 0.

  annotel --version
  annotel --help
`;

const { values, positionals } = parse();
if (values.version) process.stdout.write(`${SCOPE_VERSION}\n`);
else if (values.help || positionals[0] !== 'doctor' || positionals.length > 1) leave(USAGE, values.help ? 0 : 2);
else {
  const { json, all, run } = values;
  const numbers = { timeout: whole('timeout', 'milliseconds'), seconds: whole('seconds', 'seconds') };
  runDoctor({ json, all, run, ...numbers }).then(
    (code) => process.exit(code),
    (error: unknown) => leave(`annotel doctor could not finish: ${error instanceof Error ? error.stack : error}\n`, 1),
  );
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        all: { type: 'boolean' },
        json: { type: 'boolean' },
        timeout: { type: 'string' },
        run: { type: 'string' },
        seconds: { type: 'string' },
      },
    });
  } catch (error) {
    return leave(`${(error as Error).message}\n\n${USAGE}`, 2);
  }
}

function whole(option: 'timeout' | 'seconds', unit: string): number | undefined {
  const text = values[option];
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  return leave(`--${option} takes ${unit}, and ${JSON.stringify(text)} is no such number\n\n${USAGE}`, 2);
}

function leave(text: string, code: number): never {
  (code === 0 ? process.stdout : process.stderr).write(text);
  process.exit(code);
}
