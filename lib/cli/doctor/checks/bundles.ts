import type { App } from '../app/app.js';
import { jsonOf } from '../app/files.js';
import { isRegister } from '../app/start-commands.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';
import { LIBRARIES } from '../traced-libraries.js';

const SHORTENED = 'spans are named after them';

/** A bundler, how its use is recognised, and how it is told what matters here. */
interface Bundler {
  readonly name: string;
  /** In a script, or in the name of a configuration file. */
  readonly used: RegExp;
  readonly configured?: RegExp;
  /** That packages stay outside of the bundle. */
  readonly external: RegExp;
  readonly externalMend: string;
  readonly minified: RegExp;
  /** That classes and functions keep their names. */
  readonly namesKept: RegExp;
  readonly namesMend: string;
}

const TERSER = 'new TerserPlugin({ terserOptions: { keep_classnames: true, keep_fnames: true } })';

const BUNDLERS: readonly Bundler[] = [
  {
    name: 'esbuild',
    used: /\besbuild\b.*--bundle|\bbundle\s*:\s*true/,
    configured: /^esbuild\b|^build\.[cm]?[jt]s$|(^|[\\/])(esbuild|build)[\w.-]*\.[cm]?[jt]s$/,
    external: /--packages=external|packages\s*:\s*['"]external['"]|nodeExternalsPlugin/,
    externalMend: '--packages=external (or packages: "external")',
    minified: /--minify(?!-)|--minify-identifiers|\bminify(Identifiers)?\s*:\s*true/,
    namesKept: /--keep-names|\bkeepNames\s*:\s*true/,
    namesMend: '--keep-names (or keepNames: true)',
  },
  {
    name: 'tsup',
    used: /\btsup\b/,
    configured: /^tsup\.config\./,
    // It leaves dependencies outside, unless it is told otherwise.
    external: /^(?![\s\S]*noExternal)/,
    externalMend: 'leave noExternal out',
    minified: /--minify\b|\bminify\s*:\s*(true|['"])/,
    namesKept: /\bkeepNames\s*[:=]\s*true/,
    namesMend: 'keepNames: true in tsup.config.ts',
  },
  {
    name: 'ncc',
    used: /\bncc\s+build\b/,
    external: /--external[= ]|-e\s/,
    externalMend:
      '-e annotel -e @opentelemetry/api and -e for each traced library; or leave ncc out, and ship node_modules',
    minified: /\bncc\b.*(\s-m\b|--minify)/,
    namesKept: /^\b$/,
    namesMend: 'leave --minify (-m) out: ncc has no option that keeps names',
  },
  {
    name: 'webpack',
    used: /\bwebpack\b(?!-dev-server)/,
    configured: /^webpack\.config\./,
    external: /nodeExternals|webpack-node-externals|externals\s*:\s*(?!\[\s*\])/,
    externalMend: 'externals: [nodeExternals()], from webpack-node-externals',
    minified: /--mode[= ]production|\bmode\s*:\s*['"]production['"]|\bminimize\s*:\s*true/,
    namesKept: /keep_?classnames|minimize\s*:\s*false/i,
    namesMend: `optimization: { minimizer: [${TERSER}] }`,
  },
  {
    name: 'rollup',
    used: /\brollup\b/,
    configured: /^rollup\.config\./,
    // Without a plugin that looks for them, it leaves them outside.
    external: /\bexternal\s*[:=]|--external|node-externals|^(?![\s\S]*\b(nodeResolve|resolve)\s*\()/,
    externalMend: 'external: (id) => !id.startsWith(".") && !path.isAbsolute(id), or rollup-plugin-node-externals',
    minified: /\bterser\s*\(|esbuild\([^)]*minify\s*:\s*true/,
    namesKept: /keep_classnames|keepNames/,
    namesMend: 'terser({ keep_classnames: true, keep_fnames: true })',
  },
  {
    name: 'vite',
    used: /\bvite\s+build\b.*--ssr|\bvite-node\b.*build/,
    configured: /^vite\.config\./,
    external: /^(?![\s\S]*noExternal\s*:\s*true)/,
    externalMend: 'leave ssr.noExternal: true out',
    minified: /\bminify\s*:\s*(true|['"])/,
    namesKept: /keepNames\s*:\s*true|keep_classnames/,
    namesMend: 'esbuild: { keepNames: true } in vite.config.ts',
  },
  {
    name: 'bun build',
    used: /\bbun\s+build\b/,
    external: /--packages[= ]external|--external/,
    externalMend: '--packages=external',
    minified: /--minify(?!-(white|syn))/,
    namesKept: /--keep-names/,
    namesMend: '--keep-names, or --minify-whitespace and --minify-syntax in place of --minify',
  },
  {
    name: 'serverless-esbuild',
    used: /serverless-esbuild|BuildMethod:\s*esbuild/,
    external: /external:|External:|packager/,
    externalMend:
      "external: ['annotel', '@opentelemetry/*'] and the traced libraries, under custom.esbuild (or Metadata.BuildProperties)",
    minified: /\b[mM]inify:\s*true/,
    namesKept: /[kK]eepNames:\s*true/,
    namesMend: 'keepNames: true beside minify: true',
  },
];

/** What a build does to the app: libraries inside of a bundle cannot be patched, and minified classes lose their names. */
export const bundles: Check = ({ app }) => {
  const findings = BUNDLERS.flatMap((bundler) => builtBy(bundler, app));
  findings.push(...swcNames(app), ...withoutPackages(app));
  // The build may have said it already.
  const isSaid = findings.some(({ text }) => text.includes(SHORTENED));
  findings.push(...bundled(app).filter(({ text }) => !(isSaid && text.includes(SHORTENED))));
  return findings.length > 0
    ? findings
    : [ok('no build puts packages into a bundle, or shortens the names of classes')];
};

/** A place that says how the app is built. */
interface Build {
  readonly where: string;
  readonly text: string;
}

function builds(app: App): Build[] {
  const scripts = Object.entries(app.manifest.scripts ?? {}).map(([name, text]) => ({
    where: `the script "${name}"`,
    text,
  }));
  const files = app.deployment.map(({ name, text }) => ({ where: name, text }));
  return [...scripts, ...files];
}

function builtBy(bundler: Bundler, app: App): Finding[] {
  const configurations = app.sources
    .filter(
      ({ path, code }) => bundler.configured?.test(path) && (bundler.name !== 'esbuild' || bundler.used.test(code)),
    )
    .map(({ path, code }) => ({ where: path, text: code }));
  const all = builds(app).filter(({ text }) => bundler.used.test(text));
  const nest = bundler.name === 'webpack' ? nestBuild(app) : undefined;
  if (configurations.length === 0 && all.length === 0 && nest === undefined) return [];
  // What a configuration file says applies to the scripts as well.
  const text = [...all, ...configurations].map((build) => build.text).join('\n');
  const where = [...all, ...configurations, ...(nest ? [nest] : [])][0]?.where ?? '';
  const findings: Finding[] = [];
  const isExternal = nest !== undefined && configurations.length === 0 ? true : bundler.external.test(text);
  if (!isExternal) findings.push(...inside(bundler, where, text, app));
  if (bundler.minified.test(text) && !bundler.namesKept.test(text)) {
    findings.push(
      warning(
        `${where}: ${bundler.name} shortens the names of classes and methods, and ${SHORTENED} (Nn.work)`,
        bundler.namesMend,
      ),
    );
  }
  return findings;
}

/** Nest's own webpack build leaves packages outside. */
function nestBuild(app: App): Build | undefined {
  const { compilerOptions = {} } = (jsonOf(`${app.folder}/nest-cli.json`) ?? {}) as {
    compilerOptions?: { webpack?: boolean; builder?: string | { type?: string } };
  };
  const { webpack, builder } = compilerOptions;
  const type = typeof builder === 'string' ? builder : builder?.type;
  const byScript = Object.values(app.manifest.scripts ?? {}).some((script) =>
    /nest (build|start).*--webpack\b/.test(script),
  );
  return webpack === true || type === 'webpack' || byScript ? { where: 'nest-cli.json', text: '' } : undefined;
}

function inside(bundler: Bundler, where: string, text: string, app: App): Finding[] {
  // Each may be named.
  const isNamed = (name: string) => new RegExp(`external[\\s\\S]{0,500}?['"=: ]${name}['"\\s,]`, 'i').test(`${text} `);
  const patched = LIBRARIES.map(({ name }) => name).filter((name) => name in app.dependencies && !isNamed(name));
  if (isNamed('annotel') && patched.length === 0) return [];
  const register = app.sources.find(({ code }) => /['"]annotel\/(register|sdk)['"]/.test(code));
  // `require` of what Node brings is not there in a bundle that is an ES module.
  const isModule = /format[=:]\s*['"]?es|outfile\S*\.mjs|\.mjs['"]/.test(text);
  const parts = [
    ...(patched.length > 0 ? [`${patched.join(', ')}, which cannot be patched in there and are not traced`] : []),
    ...(register === undefined
      ? []
      : [`annotel's SDK (${register.path}), which ${isModule ? 'does' : 'may'} not start in there`]),
  ];
  const said = `${where}: ${bundler.name} puts packages into the bundle${parts.length > 0 ? `: ${parts.join('; ')}` : ''}`;
  const start = app.starts.some(({ isPreloaded }) => isPreloaded) ? '' : ', and start with --import annotel/register';
  const mend = `leave packages outside: ${bundler.externalMend}${start}`;
  const stops = register && isModule && start !== '' ? 'recording' : undefined;
  return [parts.length > 0 ? problem(said, mend, stops) : warning(said, mend)];
}

/** The script that is started, where it looks like a bundle, whatever has made it. */
function bundled(app: App): Finding[] {
  const scripts = new Map(
    app.commands.flatMap(({ script = '' }) => (/\.[cm]?js$/.test(script) ? [[script, app.text(script)]] : [])),
  );
  return [...scripts].flatMap(([script, text]): Finding[] => {
    const inside = LIBRARIES.map(({ name }) => name).filter((name) => text.includes(`node_modules/${name}/`));
    const isShort = /\bclass [\w$]{1,2}\s*[{ ]/.test(text) && text.split('\n').some((line) => line.length > 2000);
    return [
      ...(inside.length > 0
        ? [
            problem(
              `${script} is a bundle with ${inside.join(', ')} in it, which cannot be patched and is not traced`,
              'leave packages outside of the bundle, such as esbuild --packages=external',
            ),
          ]
        : []),
      ...(isShort
        ? [
            warning(
              `${script} is minified, with short names of classes, and ${SHORTENED} (Nn.work)`,
              'keep names, such as esbuild --keep-names, or terser with keep_classnames: true',
            ),
          ]
        : []),
    ];
  });
}

function swcNames(app: App): Finding[] {
  const config = jsonOf(`${app.folder}/.swcrc`) as
    | { minify?: boolean; jsc?: { keepClassNames?: boolean; minify?: { mangle?: unknown; keep_classnames?: boolean } } }
    | undefined;
  const { minify, keepClassNames } = config?.jsc ?? {};
  const shortens = config?.minify === true && minify?.mangle !== undefined && minify.mangle !== false;
  if (!shortens || keepClassNames === true || JSON.stringify(minify).includes('keep_classnames":true')) return [];
  return [
    warning(
      `.swcrc shortens the names of classes, and ${SHORTENED}`,
      'jsc.keepClassNames: true, and jsc.minify.mangle: { "keep_classnames": true, "keep_fnames": true }',
    ),
  ];
}

/** An image whose last stage holds the bundle alone cannot load annotel/register from node_modules. */
function withoutPackages(app: App): Finding[] {
  return app.deployment.flatMap(({ name, text, commands }): Finding[] => {
    const loads = commands.some((command) => app.preloads(command).some((preload) => isRegister(preload.name)));
    const stages = text.split(/^\s*FROM\s/im);
    const last = stages.at(-1) ?? '';
    if (!/Dockerfile|Containerfile/.test(name) || !loads || stages.length < 3) return [];
    if (
      /node_modules|\b(npm|pnpm|yarn)\b.*\b(ci|install|i)\b|COPY\s+(--from=\S+\s+)?(--\S+\s+)*(\.|\/app\/?|\/usr\/src\/app\/?)\s/.test(
        last,
      )
    )
      return [];
    return [
      problem(
        `${name}: the last stage has no node_modules, so Node cannot load annotel/register there`,
        'COPY --from=… node_modules into it, or npm ci --omit=dev in it',
        'recording',
      ),
    ];
  });
}
