import { join } from 'node:path';
import { jsonOf, namesIn, textOf, textsIn } from './files.js';
import { commandOf, commandsIn, type StartCommand, wordsOf } from './start-commands.js';
import { TELEMETRY_VARIABLE, variablesIn } from './variables.js';

/** A file that says how the app is started where it is deployed. */
export interface DeploymentFile {
  readonly name: string;
  readonly text: string;
  readonly commands: readonly StartCommand[];
  /** The variables of telemetry, and `NODE_OPTIONS`, that it sets. */
  readonly variables: Readonly<Record<string, string>>;
}

type Reader = (text: string, name: string, variables: Readonly<Record<string, string>>) => StartCommand[];

/** Which files there are, and how their commands are read. The first row that fits counts. */
const KINDS: readonly (readonly [name: RegExp, reader: Reader])[] = [
  [/^(.*\.)?(Docker|Container)file(\..*)?$/, dockerfile],
  [
    /^Procfile(\..*)?$/,
    (text, name, variables) =>
      text.split('\n').flatMap((line) => commandsIn(line.replace(/^\w+:/, ''), name, variables)),
  ],
  [/^(ecosystem|pm2)(\.config)?\.([cm]?js|json|ya?ml)$/, pm2],
  [/^(docker-)?compose(\..*)?\.ya?ml$/, yaml],
  [
    /^(serverless|template|app|render|fly|railway|nixpacks|k8s|deployment|values)\.(ya?ml|toml)$|^(serverless|railway)\.(json|ts)$/,
    yaml,
  ],
  [/\.service$/, (text, name, variables) => commandsIn(/^ExecStart=(.*)$/m.exec(text)?.[1] ?? '', name, variables)],
  [/^(nest-cli|host|local\.settings)\.json$/, () => []],
  [/^start.*\.sh$|^(docker-)?entrypoint\.sh$/, (text, name, variables) => commandsIn(text, name, variables)],
];
/** Folders beside the app's files in which such files lie. */
const FOLDERS = ['', 'docker', 'deploy', 'deployment', 'k8s', 'kubernetes', 'scripts'];

export function deploymentFilesIn(folder: string): DeploymentFile[] {
  return FOLDERS.flatMap((below) =>
    namesIn(join(folder, below)).flatMap((file): DeploymentFile[] => {
      const isManifest = below !== '' && /\.ya?ml$/.test(file);
      const reader = KINDS.find(([pattern]) => pattern.test(file))?.[1] ?? (isManifest ? yaml : undefined);
      if (reader === undefined) return [];
      const name = join(below, file);
      const text = textOf(join(folder, name));
      const variables = { ...variablesIn(text), ...settingsOf(join(folder, name)) };
      return [{ name, text, variables, commands: reader(text, name, variables) }];
    }),
  );
}

/** `local.settings.json` of Azure Functions. */
function settingsOf(path: string): Record<string, string> {
  if (!path.endsWith('local.settings.json')) return {};
  const { Values } = { ...(jsonOf(path) as { Values?: unknown }) };
  const texts = Object.entries(textsIn(Values));
  return Object.fromEntries(
    texts.filter(([name]) => TELEMETRY_VARIABLE.test(name) || name.startsWith('languageWorkers')),
  );
}

/** The last CMD counts, with the last ENTRYPOINT in front of it. */
function dockerfile(text: string, name: string, variables: Readonly<Record<string, string>>): StartCommand[] {
  const whole = text.replace(/\\\r?\n/g, ' ');
  const entry = instruction(whole, 'ENTRYPOINT');
  const command = instruction(whole, 'CMD');
  const words = [...(entry ?? []), ...(command ?? [])];
  return words.length === 0 ? [] : commandOf(words, name, variables);
}

function instruction(text: string, name: string): string[] | undefined {
  const last = [...text.matchAll(new RegExp(`^\\s*${name}\\s+(.*)$`, 'gim'))].at(-1)?.[1]?.trim();
  if (last === undefined) return undefined;
  return listOf(last) ?? ['sh', '-c', last];
}

/** `["node", "main.js"]`, also with single quotes, as YAML takes it. */
function listOf(text: string): string[] | undefined {
  if (!/^\[.*\]$/s.test(text.trim())) return undefined;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? '');
}

/** `command` and the like, each with the `args` that follow it; as a text, a list on the line, or a list below it. */
function yaml(text: string, name: string, variables: Readonly<Record<string, string>>): StartCommand[] {
  const value = String.raw`(\[[^\]]*\]|[^\s\[#-][^\n]*|(?:\n\s*-\s+[^\n]+)+)`;
  const key = String.raw`(?:command|entrypoint|startCommand|start|run|web|cmd)["']?\s*[:=][ \t]*`;
  const form = new RegExp(String.raw`^[ \t]*-?[ \t]*${key}${value}(?:\s*args:[ \t]*${value})?`, 'gm');
  return [...text.matchAll(form)].flatMap(([, command = '', args]) => {
    const words = itemsOf(command);
    if (words !== undefined) return commandOf([...words, ...((args && itemsOf(args)) || [])], name, variables);
    return commandsIn(withoutQuotes(command), name, variables);
  });
}

function itemsOf(value: string): string[] | undefined {
  if (!/^\n/.test(value)) return listOf(value);
  return value
    .split(/\n\s*-\s+/)
    .slice(1)
    .map((item) => withoutQuotes(item.trim()));
}

function withoutQuotes(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/s, '$2');
}

/** Of each app: `script`, with `node_args` in front of it and `args` behind. */
function pm2(text: string, name: string, variables: Readonly<Record<string, string>>): StartCommand[] {
  return text
    .split(/(?=\bscript["']?\s*:)/)
    .slice(1)
    .flatMap((part): StartCommand[] => {
      const value = (key: string): string[] => {
        const [, found = ''] =
          new RegExp(`\\b(?:${key})["']?\\s*:\\s*(\\[[^\\]]*\\]|"[^"\\n]*"|'[^'\\n]*'|[^,\\n}]*)`).exec(part) ?? [];
        return listOf(found) ?? wordsOf(withoutQuotes(found));
      };
      const [script] = value('script');
      if (script === undefined) return [];
      const options = value('node_args|nodeArgs|interpreter_args|interpreterArgs');
      const args = value('args');
      const text = ['node', ...options, script, ...args].join(' ');
      return [{ where: name, text, launcher: 'pm2', options, script, args, variables }];
    });
}
