import type { Source } from './source-tree.js';

/** Reads sources and tells what breaks the rule, one line each; nothing where all is well. */
export type Rule = (sources: readonly Source[]) => string[];

/** What each part may import of the repository, beside itself. A part without a row may not be imported from at all. */
const DIRECTIONS: Record<string, readonly string[]> = {
  'nest-module': [
    'lib/index',
    'lib/call',
    'lib/context',
    'lib/otel',
    'lib/safely',
    'lib/sdk/index',
    'lib/sdk/logs',
    'lib/sdk/server-span',
    'lib/settings',
    'lib/testing/index',
  ],
  'lib/index': ['lib/decorators', 'lib/call', 'lib/genai', 'lib/context', 'lib/settings', 'lib/otel'],
  'lib/decorators': [
    'lib/call',
    'lib/genai',
    'lib/privacy/content',
    'lib/context',
    'lib/settings',
    'lib/otel',
    'lib/safely',
    'lib/nearest',
  ],
  'lib/call': ['lib/context', 'lib/privacy', 'lib/settings', 'lib/otel', 'lib/safely'],
  'lib/genai': ['lib/call', 'lib/privacy', 'lib/context', 'lib/settings', 'lib/otel', 'lib/safely'],
  'lib/privacy': ['lib/genai/semconv', 'lib/settings', 'lib/otel', 'lib/safely'],
  'lib/context': ['lib/genai/semconv', 'lib/settings', 'lib/otel', 'lib/safely'],
  'lib/langchain': ['lib/call', 'lib/decorators', 'lib/genai', 'lib/privacy', 'lib/context', 'lib/otel', 'lib/safely'],
  'lib/sdk': [
    'lib/context',
    'lib/privacy',
    'lib/genai/semconv',
    'lib/genai/pricing',
    'lib/settings',
    'lib/otel',
    'lib/safely',
    'lib/nearest',
  ],
  'lib/cli': ['lib/registered', 'lib/sdk', 'lib/privacy', 'lib/genai/semconv', 'lib/settings'],
  'lib/testing': ['lib/settings', 'lib/sdk/console', 'lib/sdk/api-copies'],
  'lib/safely': ['lib/settings', 'lib/otel'],
  'lib/settings': ['lib/otel'],
  'lib/otel': ['lib/registered'],
  'lib/registered': [],
  'lib/nearest': [],
};

/** Packages that only some files may import. */
const PACKAGES: [packages: RegExp, where: RegExp, why: string][] = [
  [/^(@opentelemetry\/(?!api$)|import-in-the-middle)/, /^lib\/(sdk|testing)\//, 'an OpenTelemetry SDK'],
  [/^(@nestjs\/|rxjs$|rxjs\/)/, /^nest-module\//, 'Nest or rxjs'],
];

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

export const importDirections: Rule = (sources) =>
  sources.flatMap(({ path, imports }) => {
    const file = path.replace(/\.ts$/, '');
    const part = Object.keys(DIRECTIONS).find((candidate) => within(file, candidate));
    if (!part) return [`${path} belongs to no part: give it a row`];
    const allowed = [part, ...(DIRECTIONS[part] ?? [])];
    return imports
      .filter((of) => /^(lib|nest-module|samples|test)\//.test(of))
      .filter((of) => !allowed.some((target) => within(of, target)))
      .map((of) => `${path} imports ${of}`);
  });

export const packageImports: Rule = (sources) =>
  sources.flatMap(({ path, imports }) =>
    imports.flatMap((of) =>
      PACKAGES.filter(([packages, where]) => packages.test(of) && !where.test(path)).map(
        ([, , why]) => `${path} imports ${why}: ${of}`,
      ),
    ),
  );

/** Every package that is imported is one that gets installed. */
export const declaredPackages =
  (declared: readonly string[]): Rule =>
  (sources) =>
    sources.flatMap(({ path, imports }) =>
      imports
        .filter((of) => !/^(node:|lib\/|nest-module\/)/.test(of))
        .filter((of) => !declared.some((name) => within(of, name)))
        .map((of) => `${path} imports ${of}, which package.json does not name`),
    );

/** Type imports count: of two files that know each other, neither can be understood, or moved, without the other. */
export const noCycles: Rule = (sources) => {
  const edges = new Map(sources.map(({ path, imports }) => [path.replace(/\.ts$/, ''), imports]));
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    if (trail.includes(file)) return [[...trail.slice(trail.indexOf(file)), file].join(' → ')];
    if (done.has(file)) return [];
    const found = (edges.get(file) ?? []).flatMap((next) => visit(next, [...trail, file]));
    done.add(file);
    return found;
  };
  return [...edges.keys()].flatMap((file) => visit(file, []));
};

/** What stands in one place only, or in none. */
export const standsOnlyIn =
  (pattern: RegExp, where: (path: string) => boolean): Rule =>
  (sources) =>
    sources
      .filter(({ path, code }) => !where(path) && pattern.test(code))
      .map(({ path, code }) => `${path}: ${pattern.exec(code)?.[0]}`);

/** What stands exactly once. */
export const standsOnceIn =
  (pattern: RegExp, file: string): Rule =>
  (sources) => {
    const found = sources.flatMap(({ path, code }) => [...code.matchAll(new RegExp(pattern, 'g'))].map(() => path));
    return found.length === 1 && found[0] === file ? [] : [`expected once in ${file}, found in: ${found.join(', ')}`];
  };

export const noVagueNames: Rule = (sources) =>
  sources
    .map(({ path }) => path)
    .filter((path) => /\/(utils?|helpers?|common)(\/|\.ts$)|\/(types|constants)\.ts$/.test(path));

/** Each name that is given to others stands for one thing, types included. */
export const oneThingForEachName =
  (allowed: readonly string[] = []): Rule =>
  (sources) => {
    const files = new Map<string, string[]>();
    for (const { path, exports } of sources) {
      for (const name of exports) files.set(name, [...(files.get(name) ?? []), path]);
    }
    return [...files]
      .filter(([name, paths]) => paths.length > 1 && !allowed.includes(name))
      .map(([name, paths]) => `${name} is exported by ${paths.join(' and ')}`);
  };
