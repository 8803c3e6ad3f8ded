import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  declaredPackages,
  importDirections,
  noCycles,
  noVagueNames,
  oneThingForEachName,
  packageImports,
  type Rule,
  standsOnceIn,
  standsOnlyIn,
} from '../support/architecture-rules.js';
import { ROOT, sourceOf, sourcesIn } from '../support/source-tree.js';

const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
const SOURCES = sourcesIn('lib', 'nest-module');
const only =
  (...files: string[]) =>
  (path: string) =>
    files.includes(path);

/** Exported names that stand for two things and are still to be told apart: strike each one as it is renamed, and add none. */
const TWO_THINGS = [
  'Telemetry',
  'contentParts',
  'finishReason',
  'isResponse',
  'messageParts',
  'providerOf',
  'recordEvent',
  'tokenUsage',
  'toolCall',
];

/** Each rule with files that break it, and how they do: a rule that never bites proves nothing. */
const RULES: [rule: string, check: Rule, broken: Record<string, string>, violations: string[]][] = [
  [
    'parts import in one direction',
    importDirections,
    {
      'lib/call/x.ts': "import type { M } from '../genai/answer.js';\nimport { s } from '../privacy/content.js';",
      'lib/genai/x.ts': "export * from '../decorators/llm-call.js';",
      'lib/x.ts': '',
    },
    [
      'lib/call/x.ts imports lib/genai/answer',
      'lib/genai/x.ts imports lib/decorators/llm-call',
      'lib/x.ts belongs to no part: give it a row',
    ],
  ],
  [
    'only lib/sdk and lib/testing import an SDK, only nest-module imports Nest',
    packageImports,
    {
      'lib/call/x.ts': "import '@opentelemetry/api';\nimport { core } from '@opentelemetry/core';",
      'lib/sdk/x.ts': "import '@opentelemetry/sdk-node';\nconst { of } = await import('rxjs');",
    },
    ['lib/call/x.ts imports an OpenTelemetry SDK: @opentelemetry/core', 'lib/sdk/x.ts imports Nest or rxjs: rxjs'],
  ],
  [
    'every package that is imported is declared',
    declaredPackages(Object.keys({ ...dependencies, ...peerDependencies })),
    { 'lib/x.ts': "import 'node:fs';\nimport '@opentelemetry/api';\nimport { z } from 'zod/v4';" },
    ['lib/x.ts imports zod/v4, which package.json does not name'],
  ],
  [
    'there are no cycles',
    noCycles,
    {
      'lib/a.ts': "import { b } from './b.js';\nimport type { D } from './d.js';",
      'lib/b.ts': "export { c } from './deep/c.js';",
      'lib/deep/c.ts': "import { type X, a } from '../a.js';",
      'lib/d.ts': "import { a } from './a.js';",
      'lib/e.ts': "export type { F } from './f.js';",
      'lib/f.ts': "import { type E } from './e.js';",
    },
    ['lib/a → lib/b → lib/deep/c → lib/a', 'lib/a → lib/d → lib/a', 'lib/e → lib/f → lib/e'],
  ],
  [
    'a span is ended in one place',
    standsOnceIn(/\bspan\.end\(/, 'lib/call/call.ts'),
    { 'lib/call/call.ts': 'span.end(); // span.end()', 'lib/sdk/x.ts': 'this.span.end(1);' },
    ['expected once in lib/call/call.ts, found in: lib/call/call.ts, lib/sdk/x.ts'],
  ],
  [
    // What runs without any SDK reads one variable: whether somebody wants to hear of that.
    'the environment is read where telemetry is started, and where nobody has started any',
    standsOnlyIn(
      /\bprocess\.env\b|\benv\b.*from ["'](node:)?process["']/,
      only('lib/sdk/options.ts', 'lib/call/unheard.ts'),
    ),
    { 'lib/sdk/options.ts': 'read(process.env);', 'lib/settings.ts': 'const { X } = process.env; /* process.env */' },
    ['lib/settings.ts: process.env'],
  ],
  [
    'GenAI names stand in one place',
    standsOnlyIn(/["'`]gen_ai\./, only('lib/genai/semconv.ts', 'lib/genai/metric-definitions.ts')),
    {
      'lib/genai/semconv.ts': "const A = 'gen_ai.a';",
      'lib/genai/x.ts': '/** `gen_ai.a` */ const B = `gen_ai.b`;',
    },
    ['lib/genai/x.ts: `gen_ai.'],
  ],
  [
    'the engine knows no AI',
    standsOnlyIn(
      /openai|anthropic|gemini|bedrock|gen_?ai|llm(?!etrics)|prompt|\bchat\b|\bmodel|\btokens?\b|(?<![A-Za-z])provider|completion|embedding|retrieval/i,
      (path) => !path.startsWith('lib/call/'),
    ),
    { 'lib/call/x.ts': "if (type === 'chat') {}", 'lib/genai/x.ts': "if (type === 'chat') {}" },
    ['lib/call/x.ts: chat'],
  ],
  [
    'one file knows decorator syntax',
    standsOnlyIn(
      /Decorator(Method)?Context\b|TypedPropertyDescriptor|\bdescriptor\.value\b|addInitializer/,
      only('lib/decorators/define.ts'),
    ),
    { 'lib/decorators/x.ts': "export const of = (c: ClassMethodDecoratorContext) => c.kind === 'method';" },
    ['lib/decorators/x.ts: DecoratorContext'],
  ],
  [
    'what records calls uses whichever copy of the API the app has',
    standsOnlyIn(
      /import (?!type\b)[^;]*?["']@opentelemetry\/api["']/,
      (path) => path === 'lib/otel.ts' || /^lib\/(sdk|testing)\//.test(path),
    ),
    {
      'lib/otel.ts': "import * as api from '@opentelemetry/api';",
      'lib/call/x.ts': "import type { Span } from '@opentelemetry/api';\nimport { trace } from '@opentelemetry/api';",
    },
    ["lib/call/x.ts: import { trace } from '@opentelemetry/api'"],
  ],
  [
    'beside lib/sdk few files know the inside of an OpenTelemetry package',
    standsOnlyIn(
      /\._[a-z]\w*|\{ _[a-z]\w*|\bSymbol\.for\(["'`][\w.]*opentelemetry/,
      (path) =>
        path === 'lib/registered.ts' || path === 'lib/genai/one-span/sdk-internals.ts' || path.startsWith('lib/sdk/'),
    ),
    {
      'lib/genai/one-span/sdk-internals.ts': 'const { _spanProcessor } = tracer;',
      'lib/call/x.ts': 'reader._state; // reader._other',
      'nest-module/x.ts': "globalThis[Symbol.for('opentelemetry.js.api.1')];",
    },
    ['lib/call/x.ts: ._state', "nest-module/x.ts: Symbol.for('opentelemetry"],
  ],
  [
    'no provider SDK is imported',
    standsOnlyIn(/from ["'](openai|@anthropic-ai|@google\/genai|ai|ollama|cohere-ai|@mistralai)["'/]/, () => false),
    { 'lib/genai/x.ts': "import OpenAI from 'openai/core/streaming';" },
    ["lib/genai/x.ts: from 'openai/"],
  ],
  [
    'an exported name stands for one thing',
    oneThingForEachName(TWO_THINGS),
    {
      'lib/a.ts':
        'export interface Spool {}\nexport const one = 1, two = 2;\nexport function f() {}\nfunction own() {}',
      'lib/b.ts': "export { one, two as f } from './a.js';\nexport type Spool = string;\nexport class X {}",
      'nest-module/c.ts': "import { X } from '../lib/b.js';\nconst two = X, own = 1;\nexport { X, own, two };",
      'nest-module/d.ts': 'export enum own {}\nexport function over(): void;\nexport function over(_?: 1) {}',
    },
    [
      'Spool is exported by lib/a.ts and lib/b.ts',
      'two is exported by lib/a.ts and nest-module/c.ts',
      'f is exported by lib/a.ts and lib/b.ts',
      'own is exported by nest-module/c.ts and nest-module/d.ts',
    ],
  ],
  [
    'no file is named as a drawer',
    noVagueNames,
    {
      'lib/utils/x.ts': '',
      'lib/sdk/helpers.ts': '',
      'lib/types.ts': '',
      'lib/operation.ts': '',
      'lib/sdk/type.ts': '',
    },
    ['lib/utils/x.ts', 'lib/sdk/helpers.ts', 'lib/types.ts'],
  ],
];

describe.each(RULES)('%s:', (_rule, check, broken, violations) => {
  test('it holds', () => {
    expect(check(SOURCES)).toEqual([]);
  });

  test('it would be noticed if it did not', () => {
    expect(check(Object.entries(broken).map(([path, text]) => sourceOf(path, text)))).toEqual(violations);
  });
});

test('all sources are looked at', () => {
  const paths = SOURCES.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['lib/index.ts', 'lib/call/result/tap.ts', 'nest-module/index.ts']));
  expect(SOURCES.find(({ path }) => path === 'lib/index.ts')?.imports).toContain('lib/decorators/traced');
});
