#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { SCOPE_VERSION } from '../genai/semconv.js';
import { runDoctor } from './doctor/doctor.js';

const USAGE = `annotel ${SCOPE_VERSION}

  annotel doctor [--json] [--timeout <milliseconds>]

      Run it where your app starts, with the app's environment. Prints what annotel is configured to do and where each
      value comes from, and checks why nothing might arrive: endpoints, credentials, the clock, copies of the
      OpenTelemetry API, who registers first, decorators, ES modules. Ends with 1 where something is wrong.

  annotel --version
  annotel --help
`;

const { values, positionals } = parse();
if (values.version) process.stdout.write(`${SCOPE_VERSION}\n`);
else if (values.help || positionals[0] !== 'doctor' || positionals.length > 1) leave(USAGE, values.help ? 0 : 2);
else runDoctor({ json: values.json, timeout: millis(values.timeout) }).then((code) => process.exit(code));

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        json: { type: 'boolean' },
        timeout: { type: 'string' },
      },
    });
  } catch (error) {
    return leave(`${(error as Error).message}\n\n${USAGE}`, 2);
  }
}

function millis(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  return leave(`--timeout takes milliseconds, and ${JSON.stringify(text)} is no such number\n\n${USAGE}`, 2);
}

function leave(text: string, code: number): never {
  (code === 0 ? process.stdout : process.stderr).write(text);
  process.exit(code);
}
