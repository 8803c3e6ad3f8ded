/** A command that starts the app, or something that starts it. */
export interface StartCommand {
  /** Where it stands, in words: `the script "start"`. */
  readonly where: string;
  /** In full, as it stands there. */
  readonly text: string;
  /** What it starts: `node`, `tsx`, `nest`, … */
  readonly launcher: Launcher;
  /** Between the launcher and the script: they are the launcher's own. */
  readonly options: readonly string[];
  readonly script: string | undefined;
  /** Behind the script: they are the app's. */
  readonly args: readonly string[];
  /** What the command sets for it. */
  readonly variables: Readonly<Record<string, string>>;
}

const LAUNCHERS = [
  ...['node', 'nodemon', 'node-dev', 'tsx', 'ts-node', 'ts-node-dev', 'swc-node', 'nest', 'next', 'pm2', 'forever'],
  ...['bun', 'deno', 'func'],
] as const;
type Launcher = (typeof LAUNCHERS)[number];

/** Other names of them. */
const ALIASES: Readonly<Record<string, Launcher>> = {
  nodejs: 'node',
  'ts-node-esm': 'ts-node',
  tsnd: 'ts-node-dev',
  'pm2-runtime': 'pm2',
};
/** Options whose value is a word of its own. */
const WITH_VALUE =
  /^(-r|--require|--import|--loader|--experimental-loader|--env-file|--env-file-if-exists|-C|--conditions|--watch-path|--title|--tsconfig|-P|--project|-e|--exec|--preload|-w|--watch|--ext|-n|--name|-i|--node-args|--interpreter-args)$/;
/** Of these launchers, `-w`, `--watch` and `-i` are flags. */
const FLAGS = /^(-w|--watch|-i)$/;
/** Subcommands that start an app; other uses of these tools do not. */
const SUBCOMMANDS: Readonly<Partial<Record<Launcher, RegExp>>> = {
  nest: /^start$/,
  next: /^(start|dev)$/,
  pm2: /^start$/,
  deno: /^run$/,
  func: /^(start|host)$/,
};
/** Scripts that start no app. */
const OTHER_WORK =
  /^(pre|post)|test|lint|format|build|compile|clean|generate|migrat|seed|typecheck|prepare|release|bench/i;

/** The start commands among the scripts of a package.json; `place` is added to where they stand. */
export function scriptCommands(scripts: Readonly<Record<string, string>>, place = ''): StartCommand[] {
  return Object.entries(scripts)
    .filter(([name]) => !OTHER_WORK.test(name))
    .flatMap(([name, text]) => commandsIn(text, `the script "${name}"${place}`));
}

/** The commands in a line of a shell that start an app by Node or the like. */
export function commandsIn(
  text: string,
  where: string,
  variables: Readonly<Record<string, string>> = {},
): StartCommand[] {
  const known = { ...variables };
  return text.split(/&&|\|\||[;|\n]/).flatMap((part) => {
    // `set` takes the rest of a line, in Windows.
    const [, set] = /^\s*set\s+(\w+=.*?)\s*$/i.exec(part) ?? [];
    const words = set === undefined ? wordsOf(part) : ['export', set];
    if (words[0] === 'export') Object.assign(known, assignmentsIn(words));
    return startCommand(words, part.trim(), where, known);
  });
}

/** A command that is given word by word, as in a Dockerfile. */
export function commandOf(
  words: readonly string[],
  where: string,
  variables: Readonly<Record<string, string>> = {},
): StartCommand[] {
  const [shell, flag, line] = words;
  if (/(^|\/)(ba|da|a)?sh$/.test(shell ?? '') && flag === '-c' && line !== undefined) {
    return commandsIn(line, where, variables);
  }
  return startCommand(words, words.join(' '), where, variables);
}

function startCommand(
  words: readonly string[],
  text: string,
  where: string,
  inherited: Readonly<Record<string, string>>,
): StartCommand[] {
  // What a tool is told to run is a command of its own: `nodemon --exec "tsx src/main.ts"`.
  const inner = words.find(
    (word) => /\s/.test(word.trim()) && launcherOf(word.trim().split(/\s/)[0] ?? '') !== undefined,
  );
  const at = words.findIndex((word) => launcherOf(word) !== undefined);
  const launcher = launcherOf(words[at] ?? '');
  const variables = { ...inherited, ...assignmentsIn(words.slice(0, at < 0 ? undefined : at)) };
  if (inner !== undefined && launcher !== 'nest') return commandsIn(inner, where, variables);
  if (launcher === undefined) return [];
  const rest = [...words.slice(at + 1)];
  const subcommand = SUBCOMMANDS[launcher];
  if (subcommand !== undefined && !subcommand.test(rest.shift() ?? '')) return [];
  if (launcher === 'bun' && rest[0] === 'run') rest.shift();
  const { options, script, args } = split(rest, launcher);
  const hasScript = script !== undefined || subcommand !== undefined;
  return hasScript ? [{ where, text, launcher, options, script, args, variables }] : [];
}

function launcherOf(word: string): Launcher | undefined {
  const name = /(?:^|[\\/])([\w-]+?)(?:\.exe|\.cmd|\.[cm]?js)?$/.exec(word)?.[1] ?? '';
  return LAUNCHERS.find((launcher) => launcher === name) ?? ALIASES[name];
}

function split(words: readonly string[], launcher: Launcher) {
  const takesValue = (word: string) =>
    WITH_VALUE.test(word) && !(FLAGS.test(word) && launcher !== 'pm2') && !(word === '-e' && launcher === 'node');
  const options: string[] = [];
  let next = 0;
  while (next < words.length) {
    const word = words[next] as string;
    if (!word.startsWith('-')) break;
    options.push(word);
    next += 1;
    if (takesValue(word) && next < words.length) {
      options.push(words[next] as string);
      next += 1;
    }
  }
  return { options, script: words[next], args: words.slice(next + 1) };
}

function assignmentsIn(words: readonly string[]): Record<string, string> {
  const pairs = words.map((word) => /^([A-Za-z_]\w*)=(.*)$/s.exec(word)).filter((match) => match !== null);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

/** As a shell splits a line into words: quotes hold a word together and are not part of it. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/g)) {
    words.push(
      word.replace(
        /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
        (_all, double?: string, single?: string, escaped?: string) =>
          double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? '',
      ),
    );
  }
  return words;
}

/** A file or package that is loaded before the app. */
export interface Preload {
  readonly flag: string;
  readonly name: string;
}

const PRELOADING = /^(-r|--require|--import|--preload)(?:=(.*))?$/;

/** The options of a command that reach Node. */
export function nodeOptions({ launcher, options, args }: StartCommand): readonly string[] {
  if (launcher === 'nest') {
    // `nest start --exec "node --import annotel/register"`.
    const words = [...options, ...args];
    const at = words.findIndex((word) => word === '-e' || word === '--exec');
    return at < 0 ? [] : wordsOf(words[at + 1] ?? '').slice(1);
  }
  if (launcher === 'pm2') {
    const values = [...options, ...args].map((word, index, all) => {
      const [, value = all[index + 1]] = /^--(?:node|interpreter)-args(?:=(.*))?$/.exec(word) ?? ['', ''];
      return value ?? '';
    });
    return [...options, ...values.flatMap(wordsOf)];
  }
  if (launcher === 'next' || launcher === 'func' || launcher === 'forever') return [];
  if (!launcher.startsWith('ts-node')) return options;
  // It knows no other.
  return options.filter(
    (word, index) => /^(-r|--require)/.test(word) || /^(-r|--require)$/.test(options[index - 1] ?? ''),
  );
}

/** What options load before the app, in the order in which Node does: every `--require` before any `--import`. */
export function preloadsOf(options: readonly string[]): Preload[] {
  const found = options.flatMap((option, index): Preload[] => {
    const [, flag, value = options[index + 1]] = PRELOADING.exec(option) ?? [];
    return flag === undefined || value === undefined ? [] : [{ flag, name: value }];
  });
  const isRequire = ({ flag }: Preload) => flag === '-r' || flag === '--require';
  return [...found.filter(isRequire), ...found.filter((one) => !isRequire(one))];
}

/** Whether what is loaded is `annotel/register`, by name or by path. */
export function isRegister(name: string): boolean {
  return /(^|[\\/:])annotel(@[^\\/]*)?[\\/](dist[\\/].*)?register(\.c?js)?$/.test(name);
}
