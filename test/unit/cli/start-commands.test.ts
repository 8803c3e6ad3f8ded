import { describe, expect, it } from '@jest/globals';
import {
  commandOf,
  commandsIn,
  nodeOptions,
  preloadsOf,
  scriptCommands,
  wordsOf,
} from '../../../lib/cli/doctor/app/start-commands.js';

/** The parts of the only command in a line. */
const partsOf = (line: string) => {
  const commands = commandsIn(line, 'here');
  return commands.map(({ launcher, options, script, args, variables }) => ({
    launcher,
    options,
    script,
    args,
    variables,
  }));
};

describe('a line of a shell', () => {
  it.each<[string, object[]]>([
    ['node dist/main.js', [{ launcher: 'node', options: [], script: 'dist/main.js', args: [], variables: {} }]],
    [
      'npm run build && NODE_ENV=production node --import annotel/register dist/main.js --port 3000',
      [
        {
          launcher: 'node',
          options: ['--import', 'annotel/register'],
          script: 'dist/main.js',
          args: ['--port', '3000'],
          variables: { NODE_ENV: 'production' },
        },
      ],
    ],
    [
      'cross-env NODE_OPTIONS="--import annotel/register" tsx watch src/main.ts',
      [
        {
          launcher: 'tsx',
          options: [],
          script: 'watch',
          args: ['src/main.ts'],
          variables: { NODE_OPTIONS: '--import annotel/register' },
        },
      ],
    ],
    [
      'nodemon --watch src --exec "ts-node -r annotel/register src/main.ts"',
      [{ launcher: 'ts-node', options: ['-r', 'annotel/register'], script: 'src/main.ts', args: [], variables: {} }],
    ],
    ['./node_modules/.bin/next start', [{ launcher: 'next', options: [], script: undefined, args: [], variables: {} }]],
    ['tsc -p . && eslint src', []],
    ['node --test', []],
    ['nest build', []],
  ])('%s', (line, commands) => {
    expect(partsOf(line)).toEqual(commands);
  });

  it('has words in quotes', () => {
    expect(wordsOf(`node -e "a \\"b\\"" 'c d' e\\ f`)).toEqual(['node', '-e', 'a "b"', 'c d', 'e f']);
  });
});

it('of the scripts of a package.json, those that start an app', () => {
  const scripts = { start: 'node a.js', 'start:dev': 'nest start --watch', test: 'node t.js', postbuild: 'node b.js' };
  expect(scriptCommands(scripts).map(({ where }) => where)).toEqual(['the script "start"', 'the script "start:dev"']);
});

it('a command of a Dockerfile may be in a shell', () => {
  expect(commandOf(['sh', '-c', 'node a.js'], 'Dockerfile')).toEqual(commandsIn('node a.js', 'Dockerfile'));
});

it.each<[string, string[]]>([
  ['node --import a -r b --require=c x.js', ['b', 'c', 'a']],
  ['nest start --exec "node --import annotel/register"', ['annotel/register']],
  ['nest start --import annotel/register', []],
  ['ts-node --import a -r b x.ts', ['b']],
  ['pm2 start x.js --node-args="--import annotel/register"', ['annotel/register']],
  ['next start --import a', []],
  ['node --loader annotel/register x.js', []],
])('%s loads %j before the app, in that order', (line, names) => {
  const [command] = commandsIn(line, 'here');
  expect(command && preloadsOf(nodeOptions(command)).map(({ name }) => name)).toEqual(names);
});
