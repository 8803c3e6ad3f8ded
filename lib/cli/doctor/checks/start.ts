import { basename } from 'node:path';
import type { App, Start } from '../app/app.js';
import type { SourceFile } from '../app/files.js';
import { isRegister, preloadsOf, type StartCommand, wordsOf } from '../app/start-commands.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';
import { LIBRARIES } from '../traced-libraries.js';

const REGISTER = 'annotel/register';
const PRELOAD = `--import ${REGISTER}`;

/** Whether something starts telemetry, and early enough: what is loaded before it is not patched. */
export const starts: Check = ({ app }) => {
  const findings = [
    ...wrongNodeOptions(app),
    ...app.commands.flatMap((command) => misuse(command, app)),
    // Of scripts one may be wrong where another one is right.
  ].map(({ stops, ...finding }) => {
    const isPassed = stops !== 'app' && app.starts.length > 0 && /^(NODE_OPTIONS of )?the script /.test(finding.text);
    return { ...finding, ...(stops && !isPassed && { stops }) };
  });
  findings.push(...bypasses(app));
  const own = app.starts.filter(({ isAnnotel }) => isAnnotel);
  if (app.starts.length === 0) {
    if (!findings.some(({ stops }) => stops)) findings.push(nothingStarts(app));
  } else if (own.length > 0 && !own.some(({ isPreloaded }) => isPreloaded)) {
    findings.push(...startedLate(own[0] as Start, app));
  }
  const nextStart = app.needs('next') ? withoutInstrumentationFile(app, own) : [];
  findings.push(...nextStart);
  const [first] = app.starts;
  if (findings.length > 0 || first === undefined) return findings;
  return [
    ok(first.isPreloaded ? `${first.where} loads ${first.by} before the app` : `${first.where} starts ${first.by}`),
  ];
};

/** Options for Node that do not reach it, or do not do what is meant. */
function misuse(command: StartCommand, app: App): Finding[] {
  const { where, launcher, options, script, args } = command;
  const rest = args.filter((word) => word !== '--');
  const behind = rest.findIndex((word, index) => isPreload(word, rest[index + 1]));
  if (behind >= 0 && launcher !== 'nest') {
    const mend = launcher === 'pm2' ? pm2Mend(where) : `${where}: ${nodeLine(command)}`;
    return [
      problem(
        `${where} has ${PRELOAD} behind the script, where it is an argument of the app and Node does not see it: ${command.text}`,
        mend,
        'recording',
      ),
    ];
  }
  const all = [...options, ...args];
  const isAsked = all.some((word, index) => isPreload(word, all[index + 1]));
  if (isAsked && (launcher === 'nest' || launcher === 'next')) {
    const mends = {
      nest: `nest start --exec "node ${PRELOAD}", or NODE_OPTIONS="${PRELOAD}" nest start`,
      next: `NODE_OPTIONS="${PRELOAD}" next start, or instrumentation.ts with register()`,
    };
    return [problem(`${where}: ${launcher} does not hand ${PRELOAD} on to Node`, mends[launcher], 'recording')];
  }
  if (options.some((word) => /^--import/.test(word)) && isAsked && /^ts-node/.test(launcher)) {
    return [
      problem(
        `${where}: ${launcher} does not know --import`,
        `node ${PRELOAD} -r ts-node/register ${script ?? 'src/main.ts'}, or ${launcher} -r ${REGISTER} ${script ?? 'src/main.ts'}`,
        'recording',
      ),
    ];
  }
  if (launcher === 'bun' && app.starts.length > 0) {
    return [
      warning(
        `${where} runs the app by Bun, which cannot patch libraries: decorated calls are recorded, databases and Express are not`,
        `run it by Node where those are wanted: node ${PRELOAD} ${script ?? 'dist/main.js'}`,
      ),
    ];
  }
  return [...wrongNames(where, options), ...typesStripped(command, app)];
}

function isPreload(word: string, next: string | undefined): boolean {
  const [, value = next] = /^(?:-r|--require|--import|--loader|--experimental-loader)(?:=(.*))?$/.exec(word) ?? [
    '',
    '',
  ];
  return isRegister(value ?? '');
}

/** Scripts that are no app, or name a file that does. */
const NO_APP = /health|probe|ready|migrat|seed|ecosystem|pm2\.config|\.json$/i;

/** A deployment has a command of its own, which may not do what a script of package.json does. */
function bypasses(app: App): Finding[] {
  const own = app.starts.find(({ isAnnotel, isPreloaded }) => isAnnotel && isPreloaded);
  // An image hands its variables on to whatever starts it.
  const handsOn = [...app.envFiles, ...app.deployment.filter(({ name }) => /(Docker|Container)file/.test(name))].some(
    ({ variables }) => preloadsOf(wordsOf(variables['NODE_OPTIONS'] ?? '')).some((preload) => isRegister(preload.name)),
  );
  if (own === undefined || handsOn || app.starts.some(({ isPreloaded, isUsed }) => !isPreloaded && isUsed)) return [];
  return app.deployment
    .flatMap(({ commands }) => commands)
    .filter((command) => {
      const isApp = /^(node|nodemon|tsx|ts-node|pm2)$/.test(command.launcher) && !NO_APP.test(command.script ?? '');
      return isApp && app.preloads(command).length === 0 && misuse(command, app).length === 0;
    })
    .map((command) => {
      const { where, launcher, text } = command;
      const line = nodeLine(command);
      const inDockerfile = `in ${where}: CMD ${JSON.stringify(line.split(' '))}, or ENV NODE_OPTIONS="${PRELOAD}"`;
      const other = launcher === 'pm2' ? pm2Mend(where) : `in ${where}: ${line}; or NODE_OPTIONS="${PRELOAD}"`;
      const mend = /(Docker|Container)file/.test(where) ? inDockerfile : other;
      return problem(
        `${where} starts the app without ${REGISTER}, which ${own.where} loads: ${text}`,
        mend,
        'recording',
      );
    });
}

/** A misspelt name in `NODE_OPTIONS`, wherever that is set. */
function wrongNodeOptions(app: App): Finding[] {
  const isDeployed = ({ where }: StartCommand) => app.deployment.some(({ name }) => name === where);
  const places = [
    ...app.commands.filter((command) => !isDeployed(command)),
    ...app.deployment.map(({ name, variables }) => ({ where: name, variables })),
    ...app.envFiles,
  ].map(({ where, variables }) => ({ where: `NODE_OPTIONS of ${where}`, variables }));
  return [{ where: 'NODE_OPTIONS', variables: app.environment }, ...places].flatMap(({ where, variables }) =>
    wrongNames(where, wordsOf(variables['NODE_OPTIONS'] ?? '')),
  );
}

function pm2Mend(where: string): string {
  return where.includes('script')
    ? `pm2 start … --node-args="${PRELOAD}"`
    : `in ${where}: node_args: '${PRELOAD}' (in args it would be the app's)`;
}

function nodeLine({ launcher, options: given, script = 'dist/main.js' }: StartCommand): string {
  const isOfAnnotel = (word = '') => /annotel/i.test(word) && !/^[./]/.test(word);
  const isFlag = (word: string) => /^(-r|--require|--import|--loader|--experimental-loader)$/.test(word);
  const options = given.filter((word, index) => !isOfAnnotel(word) && !(isFlag(word) && isOfAnnotel(given[index + 1])));
  return [launcher === 'tsx' || launcher === 'nodemon' ? launcher : 'node', PRELOAD, ...options, script].join(' ');
}

/** `--import annotel`, `--loader annotel/register`: not what loads it. */
function wrongNames(where: string, options: readonly string[]): Finding[] {
  return options.flatMap((word, index): Finding[] => {
    const [, flag, value = options[index + 1] ?? ''] =
      /^(-r|--require|--import|--loader|--experimental-loader)(?:=(.*))?$/.exec(word) ?? [];
    if (flag === undefined || !/annotel/i.test(value) || /^[./]/.test(value)) return [];
    if (!isRegister(value)) {
      return [problem(`${where} has ${flag} ${value}, which starts nothing`, `${PRELOAD} does`, 'recording')];
    }
    if (!flag.includes('loader')) return [];
    return [problem(`${where} has ${flag} ${value}, which is no loader`, `${PRELOAD}`, 'recording')];
  });
}

/** Node runs TypeScript by leaving out its types, and does not know decorators. */
function typesStripped({ where, launcher, options, script = '' }: StartCommand, app: App): Finding[] {
  const isTranslated = options.some((word) => /tsx|ts-node|swc|esbuild|loader|transform/.test(word));
  if (launcher !== 'node' || !/\.[cm]?ts$/.test(script) || isTranslated) return [];
  if (app.sourceWith(DECORATED) === undefined) return [];
  return [
    problem(
      `${where} runs TypeScript by Node itself, which does not know decorators`,
      `compile it first (tsc), or: tsx ${PRELOAD} ${script}`,
      'app',
    ),
  ];
}

/** A decorator of annotel, in code that imports it. */
export const DECORATED =
  /from\s*['"]annotel['"][\s\S]*@(Traced|LlmCall|Embedding|Retrieval|ToolCall|Agent|Workflow|Consumer)\b/;

function nothingStarts(app: App): Finding {
  const users = app.sources.filter(({ code }) => /['"]annotel(\/\w+)?['"]/.test(code));
  const text = `nothing starts telemetry: no start command has ${PRELOAD}, and no source calls startTelemetry(), imports TelemetryModule or starts another OpenTelemetry SDK`;
  const decorated = users.length > 0 ? ` (there are decorators in ${users[0]?.path})` : '';
  if (app.commands.length === 0 && hostMend(app) === undefined) {
    return warning(
      'no command here starts an app, so nothing is known of how telemetry is started',
      `in the app that uses this: ${startMend(app)}`,
    );
  }
  if (app.sources.length > 0) return problem(text + decorated, startMend(app), 'recording');
  return warning(
    `neither NODE_OPTIONS nor a script of package.json loads ${REGISTER}: nothing is recorded unless the app starts telemetry itself`,
    startMend(app),
  );
}

/** How telemetry is started where a host starts the app. */
function hostMend(app: App): string | undefined {
  if (app.deployment.some(({ name }) => name === 'host.json')) {
    return `in Azure Functions: the app setting languageWorkers__node__arguments=${PRELOAD}, or startTelemetry() of annotel/sdk, in front of all else in the file that package.json names as main`;
  }
  const isLambda = app.deployment.some(
    ({ name, text }) => /^(serverless|template)\./.test(name) && /lambda|provider:|AWS::Serverless/i.test(text),
  );
  if (isLambda || 'aws-lambda' in app.dependencies || '@types/aws-lambda' in app.dependencies) {
    return `in Lambda: the environment variable NODE_OPTIONS=${PRELOAD}`;
  }
  return 'next' in app.dependencies ? `${NEXT_FILE}; or NODE_OPTIONS="${PRELOAD}" next start` : undefined;
}

/** How telemetry is started in an app of this kind. */
export function startMend(app: App): string {
  const ofHost = hostMend(app);
  if (ofHost !== undefined) return ofHost;
  const [command] = app.commands;
  const nest = command?.launcher === 'nest' ? `nest start --exec "node ${PRELOAD}"` : undefined;
  const line = nest ?? (command === undefined ? `node ${PRELOAD} dist/main.js` : nodeLine(command));
  const module =
    '@nestjs/core' in app.dependencies ? ', and TelemetryModule.forRoot() among the imports of AppModule' : '';
  return `start the app with: ${line}${command === undefined ? '' : ` (${command.where})`}${module}`;
}

const NEXT_FILE =
  'instrumentation.ts beside app/ that exports register(), which calls startTelemetry() of annotel/sdk where NEXT_RUNTIME is nodejs';

/** Next calls `register()` of one file; what starts anything elsewhere is not run, or too late. */
function withoutInstrumentationFile(app: App, own: readonly Start[]): Finding[] {
  if (own.some(({ isPreloaded }) => isPreloaded) || own.length === 0) return [];
  const file = app.sources.find(({ path }) => /^(src[\\/])?instrumentation\.[jt]s$/.test(path));
  if (file !== undefined && /export\s+(async\s+)?function\s+register\b|export\s+const\s+register\b/.test(file.code))
    return [];
  const found = file === undefined ? 'there is no instrumentation.ts' : `${file.path} exports no register()`;
  return [problem(`Next starts telemetry by register() of instrumentation.ts, and ${found}`, NEXT_FILE, 'recording')];
}

/** Telemetry that the app itself starts comes after whatever is loaded by then. */
function startedLate(start: Start, app: App): Finding[] {
  const file = app.sources.find(({ path }) => path === start.where);
  const [firstImport] = /^\s*import\b[^'"]*['"][^'"]+['"]/m.exec(file?.code ?? '') ?? [];
  const inTime = [
    // Nest loads it as it creates the app.
    ...(start.by === 'TelemetryModule' ? ['express'] : []),
    // They are patched in what they themselves load, when they run.
    ...(app.isEsModule && firstImport?.includes(REGISTER) ? ['pg', 'redis', 'winston'] : []),
  ];
  const libraries = LIBRARIES.map(({ name }) => name).filter((name) => app.uses(name) && !inTime.includes(name));
  if (libraries.length === 0 || app.needs('next') || isInTime(file, app)) return [];
  const names = libraries.join(', ');
  return [
    warning(
      `${start.where} starts telemetry by ${start.by}, after ${names} ${libraries.length > 1 ? 'are' : 'is'} loaded: ${app.isEsModule ? 'ES modules are loaded before any code of the app runs, so ' : ''}what is loaded by then is not traced`,
      app.commands.length > 0
        ? startMend(app).replace(/, and TelemetryModule.*$/, '')
        : `start the app with: node ${PRELOAD} dist/main.js`,
    ),
  ];
}

/** Whether the file loads the rest of the app only after the start. */
function isInTime(file: SourceFile | undefined, app: App): boolean {
  if (file === undefined || /TelemetryModule\s*\.\s*forRoot/.test(file.code)) return false;
  const [before = '', after = ''] = file.code.split(/\bstartTelemetry\s*\(|['"]annotel\/register['"]/);
  const imported = [...file.code.matchAll(/^\s*import\b[^'"]*['"]([^'"]+)['"]/gm)].map(([, name = '']) => name);
  const isOfApp = (name: string) => !/^(node:|annotel)/.test(name);
  if (app.isEsModule) return /\bimport\s*\(/.test(after) && !imported.some(isOfApp);
  if ([...before.matchAll(/['"]([^'"]+)['"]/g)].some(([, name = '']) => app.needs(name) && isOfApp(name))) return false;
  // What loads that file may load others first.
  const name = basename(file.path).replace(/\.[^.]+$/, '');
  return app.sources.every(({ path, code }) => {
    const names = [...code.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*['"]([^'"]+)['"]/g)].map(([, of = '']) => of);
    const at = names.findIndex((of) => of.startsWith('.') && basename(of).replace(/\.[cm]?[jt]s$/, '') === name);
    return (
      path === file.path || !names.slice(0, Math.max(at, 0)).some((of) => isOfApp(of) && of !== 'reflect-metadata')
    );
  });
}
