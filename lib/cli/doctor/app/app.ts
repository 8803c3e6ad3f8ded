import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { type DeploymentFile, deploymentFilesIn } from './deployment.js';
import { jsonOf, type Manifest, manifestIn, namesIn, type SourceFile, sourcesIn, textOf, textsIn } from './files.js';
import { workspacesOf } from './installed.js';
import {
  commandsIn,
  isRegister,
  nodeOptions,
  type Preload,
  preloadsOf,
  type StartCommand,
  scriptCommands,
  wordsOf,
} from './start-commands.js';
import { parseDockerEnvFile, parseEnvFile, type VariableSource } from './variables.js';

/** Where the command stands that the app is started by now. */
export const OWN_COMMAND = 'the command of --run';

/** The app in a folder, as its files and an environment show it. Each thing is looked for when it is first asked for. */
export class App {
  #manifest?: Manifest;
  #sources?: readonly SourceFile[];
  #deployment?: readonly DeploymentFile[];
  #commands?: readonly StartCommand[];
  #starts?: readonly Start[];
  #variableSources?: readonly VariableSource[];

  /**
   * @param folder in which it is started
   * @param environment the variables that it is started with
   */
  constructor(
    readonly folder: string,
    readonly environment: Readonly<Record<string, string>>,
    /** A command that it is started by now. */
    private readonly ownCommand = '',
  ) {}

  get manifest(): Manifest {
    this.#manifest ??= manifestIn(this.folder);
    return this.#manifest;
  }

  /** What it needs, at run time or to be built. */
  get dependencies(): Readonly<Record<string, string>> {
    return { ...this.manifest.devDependencies, ...this.manifest.dependencies };
  }

  /** Whether its package.json or its code names a package, or it has one of its own: a workspace may hold it for other apps. */
  needs(name: string): boolean {
    return this.uses(name) || existsSync(join(this.folder, 'node_modules', name, 'package.json'));
  }

  /** Whether its package.json or its code names a package: one that is merely there may be for another package. */
  uses(name: string): boolean {
    return (
      name in this.dependencies ||
      this.sourceWith(new RegExp(`\\b(from|import|require\\s*\\()\\s*['"]${name}['"]`)) !== undefined
    );
  }

  get sources(): readonly SourceFile[] {
    this.#sources ??= sourcesIn(this.folder);
    return this.#sources;
  }

  /** The first source with such code. */
  sourceWith(code: RegExp): SourceFile | undefined {
    return this.sources.find((source) => code.test(source.code));
  }

  get deployment(): readonly DeploymentFile[] {
    this.#deployment ??= deploymentFilesIn(this.folder);
    return this.#deployment;
  }

  /** Whatever starts it. */
  get commands(): readonly StartCommand[] {
    this.#commands ??= [
      ...commandsIn(this.ownCommand, OWN_COMMAND),
      ...scriptCommands(this.#scripts),
      ...workspacesOf(this.folder).flatMap((folder) =>
        scriptCommands(manifestIn(folder).scripts ?? {}, ` of ${relative(this.folder, folder)}`),
      ),
      ...this.deployment.flatMap(({ commands }) => commands),
    ];
    return this.#commands;
  }

  /** Of package.json, and the tasks of Deno. */
  get #scripts(): Readonly<Record<string, string>> {
    const { tasks } = { ...(jsonOf(join(this.folder, 'deno.json')) as { tasks?: unknown }) };
    return { ...textsIn(tasks), ...this.manifest.scripts };
  }

  /** What a command loads before the app, in that order: by `NODE_OPTIONS`, then by its own options. */
  preloads(command: StartCommand): Preload[] {
    const files = optionValues(command.options, ENV_FILE).map((name) => parseEnvFile(this.text(name)));
    const options = [command.variables, this.environment, ...files].map((variables) => variables['NODE_OPTIONS']);
    const given = options.find((value) => value !== undefined) ?? '';
    return preloadsOf([...wordsOf(given), ...nodeOptions(command)]);
  }

  /** Whether ES modules load it: then what is imported is loaded before any of its own code runs. */
  get isEsModule(): boolean {
    return this.manifest.type === 'module' || this.commands.some(({ script = '' }) => /\.m[jt]s$/.test(script));
  }

  text(name: string): string {
    return textOf(join(this.folder, name));
  }

  /** The files of the kind of `.env`, without those that are examples or for tests, and others that a command names. */
  get envFiles(): readonly VariableSource[] {
    const other = this.environment['NODE_ENV'] === 'test' ? /example|sample|template/ : /example|sample|template|test/;
    const names = namesIn(this.folder).filter((name) => /^\.env(\.|$)/.test(name) && !other.test(name));
    // `loadEnvFile('./shop.env')`.
    const inCode = [...(this.lateLoader?.code.matchAll(/['"](?:\.\/)?([\w./-]+\.env[\w.]*)['"]/g) ?? [])];
    const named = [...this.loadedEnvFiles, ...this.deployedEnvFiles, ...inCode.map(([, name = '']) => name)].filter(
      (name) => existsSync(join(this.folder, name)),
    );
    return [...new Set([...names, ...named])].map((where) => {
      const text = this.text(where);
      return { where, variables: this.#isForDocker(where) ? parseDockerEnvFile(text) : parseEnvFile(text) };
    });
  }

  /** The names of files with variables that are loaded before telemetry starts. */
  get loadedEnvFiles(): ReadonlySet<string> {
    const names = this.commands.flatMap((command) => envFilesOf(command, this.preloads(command)));
    const own = wordsOf(this.environment['NODE_OPTIONS'] ?? '');
    const { ANNOTEL_ENV_FILE = '' } = this.environment;
    const found = [...names, ...optionValues(own, ENV_FILE), ...ANNOTEL_ENV_FILE.split(',')];
    // Where telemetry is started by code, that code comes after what loads the file.
    if (this.lateLoader !== undefined && !this.starts.some(({ isPreloaded }) => isPreloaded)) found.push('.env');
    return fileNames(found);
  }

  /** Those that are loaded where it is deployed: by `env_file` of a compose file, systemd, or `docker run --env-file`. */
  get deployedEnvFiles(): ReadonlySet<string> {
    const form =
      /\benv_file["']?\s*:\s*(?:\[|-|\s)*["']?([\w./-]+)|\bEnvironmentFile=-?(\S+)|\b(?:docker|podman)\b.*--env-file[= ](\S+)/g;
    const texts = [...Object.values(this.#scripts), ...this.deployment.map(({ text }) => text)];
    return fileNames(
      texts.flatMap((text) => [...text.matchAll(form)].map(([, ...names]) => names.find(Boolean) ?? '')),
    );
  }

  #isForDocker(name: string): boolean {
    return Object.values(this.#scripts).some(
      (text) => /\b(docker|podman)\s+run\b/.test(text) && text.includes('--env-file') && text.includes(name),
    );
  }

  /** The source that itself loads variables from a file. */
  get lateLoader(): SourceFile | undefined {
    return this.sourceWith(/\bdotenvx?(\/config)?['"]|\bloadEnvFile\s*\(|\bConfigModule\s*\.\s*forRoot/);
  }

  /** What the app is started with: of one name in two places, the first counts. */
  get variableSources(): readonly VariableSource[] {
    this.#variableSources ??= [
      { where: 'the environment', variables: this.environment },
      // Others are for development.
      ...this.commands.filter(({ where }) => /^the script "start(:prod\w*)?"/.test(where)),
      ...this.envFiles.filter(({ where }) => this.loadedEnvFiles.has(where)),
      // `func start` puts them into the environment.
      ...this.deployment
        .filter(({ name }) => name === 'local.settings.json')
        .map(({ name, variables }) => ({ where: name, variables })),
    ];
    return this.#variableSources;
  }

  get variables(): Readonly<Record<string, string>> {
    return Object.assign({}, ...this.variableSources.map(({ variables }) => variables).reverse());
  }

  /** Whatever starts OpenTelemetry. */
  get starts(): readonly Start[] {
    this.#starts ??= [...this.#preloadedStarts(), ...this.#codedStarts()];
    return this.#starts;
  }

  #preloadedStarts(): Start[] {
    const ownOptions = preloadsOf(wordsOf(this.environment['NODE_OPTIONS'] ?? ''));
    const all = [
      ...ownOptions.map((preload) => ({ ...preload, where: 'NODE_OPTIONS' })),
      ...this.commands.flatMap((command) =>
        this.preloads(command)
          .filter((preload) => !ownOptions.some(({ name }) => name === preload.name))
          .map((preload) => ({ ...preload, where: command.where })),
      ),
      ...this.deployment.flatMap(({ name: where, variables }) =>
        preloadsOf(
          wordsOf(`${variables['NODE_OPTIONS'] ?? ''} ${variables['languageWorkers__node__arguments'] ?? ''}`),
        ).map((preload) => ({ ...preload, where })),
      ),
      ...[...this.text('bunfig.toml').matchAll(/["']([^"']*annotel\/register)["']/g)].map(([, name = '']) => ({
        name,
        where: 'bunfig.toml',
      })),
    ];
    return all.flatMap(({ name, where }): Start[] => {
      if (isRegister(name))
        return [{ by: 'annotel/register', where, isPreloaded: true, isUsed: true, isAnnotel: true }];
      const code = /^[./]/.test(name) ? this.text(name) : `import '${name}'`;
      const kind = OTHER_SDKS.find(({ started }) => started.test(code));
      return kind === undefined ? [] : [{ by: kind.name, where, isPreloaded: true, isUsed: true, isAnnotel: false }];
    });
  }

  /** Whether a command or another source names a file, or it is one that is run by its name. */
  #isUsed(path: string): boolean {
    const name = basename(path).replace(/\.[^.]+$/, '');
    if (/^(main|index|server|app|app\.module|instrumentation|worker|handler|function_app)$/.test(name)) return true;
    const named = new RegExp(`[/'" ]${name.replace(/[^\w]/g, '\\$&')}(\\.[cm]?[jt]sx?)?(['" ]|$)`, 'm');
    const { scripts = {}, main = '' } = this.manifest;
    const texts = [...Object.values(scripts), ...this.deployment.map(({ text }) => text), ` ${main}`];
    return (
      texts.some((text) => named.test(text)) ||
      named.test(this.environment['NODE_OPTIONS'] ?? '') ||
      this.sources.some((other) => other.path !== path && named.test(other.code))
    );
  }

  #codedStarts(): Start[] {
    const kinds = [...OWN_STARTS, ...OTHER_SDKS];
    return this.sources.flatMap(({ path, code }) =>
      kinds
        .filter(({ started }) => started.test(code))
        .map(({ name }) => ({
          by: name,
          where: path,
          isPreloaded: false,
          isUsed: this.#isUsed(path),
          isAnnotel: OWN_STARTS.some((own) => own.name === name),
        })),
    );
  }
}

/** Something that starts OpenTelemetry. */
export interface Start {
  /** What is started: `annotel/register`, `NodeSDK`, … */
  readonly by: string;
  /** The file, or the command in words. */
  readonly where: string;
  /** Whether it is loaded before the app. */
  readonly isPreloaded: boolean;
  /** Whether anything is seen that loads the file. */
  readonly isUsed: boolean;
  readonly isAnnotel: boolean;
}

interface StartKind {
  readonly name: string;
  readonly started: RegExp;
}

const OWN_STARTS: readonly StartKind[] = [
  { name: 'annotel/register', started: /(import|require\()\s*['"]annotel\/register['"]/ },
  { name: 'startTelemetry()', started: /\bstartTelemetry\s*\(/ },
  { name: 'TelemetryModule', started: /\bTelemetryModule\s*\.\s*forRoot(Async)?\s*\(/ },
];

/** What registers an OpenTelemetry SDK of its own, by how it is started in code or by a preload. */
export const OTHER_SDKS: readonly StartKind[] = [
  { name: 'NodeSDK', started: /\bnew\s+NodeSDK\s*\(|\bstartNodeSdk\s*\(/i },
  { name: 'a tracer provider of OpenTelemetry', started: /\bnew\s+(NodeTracerProvider|BasicTracerProvider)\s*\(/ },
  {
    name: '@opentelemetry/auto-instrumentations-node',
    started: /['"]@opentelemetry\/auto-instrumentations-node\/register['"]/,
  },
  { name: '@azure/monitor-opentelemetry', started: /\buseAzureMonitor\s*\(/ },
  {
    name: 'applicationinsights',
    started: /\bappInsights\w*\s*\.\s*setup\s*\(|\bapplicationinsights['"]\s*\)\s*\.setup/i,
  },
  { name: '@sentry/node', started: /\bSentry\s*\.\s*init\s*\(|['"]@sentry\/\w+\/preload['"]/ },
  { name: '@vercel/otel', started: /\bregisterOTel\s*\(/ },
  { name: '@traceloop/node-server-sdk', started: /\btraceloop\s*\.\s*initialize\s*\(/ },
  { name: '@elastic/opentelemetry-node', started: /['"]@elastic\/opentelemetry-node(\/[\w.]+)?['"]/ },
  { name: '@splunk/otel', started: /['"]@splunk\/otel(\/[\w.]+)?['"]/ },
  { name: '@honeycombio/opentelemetry-node', started: /\bnew\s+HoneycombSDK\s*\(/ },
  { name: 'logfire', started: /\blogfire\s*\.\s*configure\s*\(/ },
];

function fileNames(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.map((text) => text.trim().replace(/^\.\//, '')).filter((text) => text !== ''));
}

const ENV_FILE = /^--env-file(-if-exists)?$/;

function envFilesOf(command: StartCommand, preloads: readonly Preload[]): string[] {
  const named = optionValues([...command.options, ...command.args], ENV_FILE);
  const words = wordsOf(command.text);
  // dotenv-cli, env-cmd: in front of the launcher.
  if (/^(dotenv|env-cmd|dotenvx)$/.test(words[0] ?? '')) named.push(...optionValues(words, /^-[ef]$/), '.env');
  const register = preloads.findIndex(({ name }) => isRegister(name));
  const dotenv = preloads.findIndex(({ name }) => /^dotenvx?\/config/.test(name));
  if (dotenv >= 0 && (register < 0 || dotenv < register)) named.push('.env');
  if (command.launcher === 'bun') named.push('.env', '.env.local');
  return [...named, ...(command.variables['ANNOTEL_ENV_FILE'] ?? '').split(',')];
}

function optionValues(words: readonly string[], option: RegExp): string[] {
  return words.flatMap((word, index) => {
    const [name = '', value = words[index + 1]] = word.split(/=(.*)/s);
    return option.test(name) && value !== undefined ? [value] : [];
  });
}
