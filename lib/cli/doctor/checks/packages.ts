import { relative } from 'node:path';
import { AZURE_PACKAGE } from '../../../sdk/azure/package.js';
import { SIGNALS } from '../../../sdk/configuration/exporting.js';
import { DETECTOR_PACKAGES } from '../../../sdk/configuration/resource.js';
import { LEAST_NODE, nodeIsTooOld } from '../../../sdk/node-version.js';
import type { App } from '../app/app.js';
import { manifestIn } from '../app/files.js';
import { type Copy, copiesIn, folderOf, isInstalled, isWithin, versionOf } from '../app/installed.js';
import { type Check, type Finding, type Loss, ok, problem, warning } from '../finding.js';

const API = '@opentelemetry/api';
const HOOKS = 'import-in-the-middle';

/** annotel and the OpenTelemetry SDK need `require` of ES modules, and load hooks. */
export const nodeVersion: Check = ({ app }) => {
  const { node } = process.versions;
  const findings: Finding[] = [];
  if (nodeIsTooOld()) {
    findings.push(
      problem(`Node ${node} is older than annotel needs`, `run the app with Node ${LEAST_NODE} or newer`, 'recording'),
    );
  }
  for (const { name, text } of app.deployment) {
    const version = [...filledIn(text).matchAll(/^\s*FROM\s+(?:--\S+\s+)*(?:\S*\/)?node:v?(\d+(?:\.\d+)?)/gim)].at(
      -1,
    )?.[1];
    if (version !== undefined && nodeIsTooOld(newestOf(version))) {
      findings.push(
        problem(
          `${name} runs Node ${version}, older than annotel needs`,
          `FROM node:24, or another from ${LEAST_NODE} on`,
          'recording',
        ),
      );
    }
    const runtime = /nodejs(\d+)\.x/.exec(text)?.[1];
    if (runtime !== undefined && nodeIsTooOld(newestOf(runtime))) {
      findings.push(
        problem(
          `${name} runs Node ${runtime}, older than annotel needs`,
          'runtime: nodejs24.x, or nodejs22.x',
          'recording',
        ),
      );
    }
  }
  const chosen = /^v?(\d+(?:\.\d+)?)/.exec(app.text('.nvmrc').trim())?.[1];
  if (chosen !== undefined && nodeIsTooOld(newestOf(chosen))) {
    findings.push(
      problem(
        `.nvmrc chooses Node ${chosen}, older than annotel needs`,
        'write 24, or another from 22.15 on',
        'recording',
      ),
    );
  }
  const { node: engine = '' } = { ...(app.manifest.engines as { node?: string }) };
  const least = /^\s*(?:>=|\^|~|=)?\s*v?(\d+(?:\.\d+)?)/.exec(engine)?.[1];
  if (least !== undefined && nodeIsTooOld(/^\s*>=/.test(engine) ? least : newestOf(least))) {
    findings.push(
      warning(
        `engines of package.json allows Node ${engine}, and annotel needs ${LEAST_NODE}`,
        `"engines": { "node": ">=${LEAST_NODE}" }`,
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`Node ${node}`)];
};

/** A major version stands for its newest one. */
function newestOf(version: string): string {
  return version.includes('.') ? version : `${version}.99`;
}

/** A Dockerfile with the defaults of its `ARG`s. */
function filledIn(text: string): string {
  const defaults = new Map(
    [...text.matchAll(/^\s*ARG\s+(\w+)=["']?([^"'\s]+)/gim)].map(([, name, value]) => [name, value]),
  );
  return text.replace(/\$\{?(\w+)(?::-([^}]*))?\}?/g, (all, name, other) => defaults.get(name) ?? other ?? all);
}

/** Whether annotel, and whatever it needs, is installed in this app, and would be where it is deployed. */
export const installation: Check = ({ app }) => {
  if (app.text('package.json') === '' && app.sources.length === 0) {
    return [problem('there is no package.json here', 'run it in the folder in which the app starts', 'recording')];
  }
  if (!isJson(app.text('package.json'))) {
    return [
      problem(
        'package.json is no valid JSON, so little can be said about the app',
        'mend it first: node -p "require(\'./package.json\').name"',
        'recording',
      ),
    ];
  }
  if (process.versions['pnp'] === undefined && app.text('.pnp.cjs') !== '') {
    return [
      warning("Yarn's Plug'n'Play is used, so packages are not looked at", 'yarn node $(yarn bin annotel) doctor'),
    ];
  }
  const own = folderOf(app.folder, 'annotel');
  if (own === undefined) {
    const elsewhere = copiesIn(app.folder, (name) => name === 'annotel')[0];
    const found = elsewhere === undefined ? '' : `, only in ${elsewhere.path}`;
    return [problem(`annotel is not installed in this app${found}`, 'npm install annotel', 'recording')];
  }
  const findings = [...missingParts(own, app), ...strangeApi(own, app), ...leftOutInProduction(app)];
  return findings.length > 0
    ? findings
    : [ok(`annotel ${manifestIn(own).version} is installed, with all that it needs`)];
};

function isJson(text: string): boolean {
  try {
    return text === '' || JSON.parse(text) !== null;
  } catch {
    return false;
  }
}

/** What annotel itself needs, found as Node would find it from there. */
function missingParts(own: string, app: App): Finding[] {
  const wrong = Object.entries(manifestIn(own).dependencies ?? {}).flatMap(([name, range]) => {
    const version = versionOf(own, name);
    if (version === undefined) return [`${name} is missing`];
    return isWithin(version, range) ? [] : [`${name} is ${version}, and not ${range}`];
  });
  if (wrong.length === 0) return [];
  const more = wrong.length > 3 ? ` and ${wrong.length - 3} more` : '';
  const pinned = Object.keys({ ...app.manifest.overrides, ...app.manifest.resolutions });
  const override = pinned.find((name) => wrong.some((text) => text.startsWith(`${name} `)));
  return [
    problem(
      `of what annotel needs, ${wrong.slice(0, 3).join('; ')}${more}: telemetry may not start`,
      override === undefined
        ? 'remove node_modules and install again'
        : `take ${override} out of overrides (or resolutions) of package.json, and install again`,
      'recording',
    ),
  ];
}

/** npm puts some of what annotel needs beside the app's packages, where it loads the app's API. */
function strangeApi(own: string, app: App): Finding[] {
  const { dependencies = {} } = manifestIn(own);
  const range = dependencies[API];
  if (range === undefined || !app.starts.some(({ isAnnotel }) => isAnnotel)) return [];
  const found = Object.keys(dependencies).flatMap((name) => {
    const folder = name.startsWith('@opentelemetry/') ? folderOf(own, name) : undefined;
    const version = folder === undefined || name === API ? undefined : versionOf(folder, API);
    return version === undefined || isWithin(version, range) ? [] : [{ name, version }];
  });
  const [first] = found;
  if (first === undefined) return [];
  const names = found.map(({ name }) => name.replace('@opentelemetry/', '')).slice(0, 6);
  return [
    problem(
      `${names.join(', ')}, which annotel needs, load the app's ${API} ${first.version}, and work with ${range} only: what they trace is lost`,
      `npm install ${API}@1.10 and remove the older SDK; or leave annotel/register out, and the decorators record through that SDK`,
    ),
  ];
}

/** A package that is needed when the app runs, and that `npm ci --omit=dev` leaves out. */
function leftOutInProduction({ manifest, deployment }: App): Finding[] {
  const isDevOnly = 'annotel' in (manifest.devDependencies ?? {}) && !('annotel' in (manifest.dependencies ?? {}));
  if (!isDevOnly) return [];
  const omits = deployment.find(({ text }) =>
    /--omit[= ]dev|--production|--prod\b|NODE_ENV[= ]production|prune/.test(text),
  );
  const where = omits === undefined ? 'an installation for production leaves it out' : `${omits.name} leaves it out`;
  return [
    problem(
      `annotel is among devDependencies, so ${where}`,
      'npm install annotel (without --save-dev)',
      omits && 'app',
    ),
  ];
}

/** Second copies, of what they matter. */
export const copies: Check = ({ app }) => {
  const wanted = (name: string) => name === 'annotel' || name === API || name === HOOKS || isSdk(name);
  const all = copiesIn(app.folder, wanted);
  const findings = [...ofAnnotel(all.filter(({ name }) => name === 'annotel')), ...ofApi(all, app), ...ofNest(app)];
  if (findings.length > 0) return findings;
  const listed = (name: string) => {
    const found = all.filter((copy) => copy.name === name).map(({ version, path }) => `${version} in ${path}`);
    return `${name}: ${found.join(', ') || 'none'}`;
  };
  // ES modules are patched through whichever copy their instrumentation uses.
  return [ok(`${listed(API)}; ${listed(HOOKS)}`)];
};

function isSdk(name: string): boolean {
  return /^@opentelemetry\/sdk-(node|trace|trace-base|trace-node)$/.test(name);
}

function ofAnnotel(all: readonly Copy[]): Finding[] {
  const [first, ...others] = all;
  if (first === undefined || others.every(({ version }) => version === first.version)) return [];
  const where = all.map(({ version, path }) => `${version} in ${path}`).join(', ');
  return [
    warning(
      `annotel is installed in several versions: ${where}; what one of them starts need not fit the decorators of another`,
      'give every workspace the same version of annotel, and install again',
    ),
  ];
}

/** An older API is harmless where it only records; as the first to register it keeps annotel from starting. */
function ofApi(all: readonly Copy[], { folder, starts }: App): Finding[] {
  const own = folderOf(folder, 'annotel');
  const used = own === undefined ? undefined : versionOf(own, API);
  if (used === undefined) return [];
  const minor = (version: string) => Number(version.split('.')[1]);
  const copies = all.filter(({ name, version }) => name === API && version.startsWith('1.'));
  const older = copies.filter(({ version }) => minor(version) < minor(used));
  const newer = copies.filter(({ version }) => minor(version) > minor(used));
  const olderSdk = all.find(({ name, version }) => isSdk(name) && !/^(3|0\.[3-9]\d\d)\./.test(version));
  const findings: Finding[] = [];
  const startsOwn = starts.some(({ isAnnotel }) => isAnnotel);
  const startsOther = starts.some(({ isAnnotel }) => !isAnnotel);
  const [copy] = older;
  if (copy !== undefined && olderSdk !== undefined && startsOwn && startsOther) {
    findings.push(
      warning(
        `a second copy of ${API}, ${copy.version}, is in ${copy.path}, with an SDK that belongs to it (${olderSdk.name} ${olderSdk.version}): if that registers before annotel ${used} does, annotel starts none`,
        'load annotel/register before anything else, or leave it out and let the decorators record through that SDK',
      ),
    );
  }
  if (newer[0] !== undefined && startsOwn) {
    findings.push(
      warning(
        `${API} ${newer[0].version} in ${newer[0].path} does not see what annotel registers by its own, ${used}: spans that the app makes by it are not recorded`,
        `npm install ${API}@${used}`,
      ),
    );
  }
  return findings;
}

/** The module has to import the very Nest of the app. */
function ofNest(app: App): Finding[] {
  const { folder } = app;
  if (!app.needs('@nestjs/core')) return [];
  const own = folderOf(folder, 'annotel');
  const [ours, apps] = [own && folderOf(own, '@nestjs/core'), folderOf(folder, '@nestjs/core')];
  if (ours === undefined || apps === undefined) return [];
  const version = manifestIn(apps).version ?? '';
  const stops = app.sourceWith(/['"]annotel\/nest['"]/) && 'app';
  if (!isWithin(version, NEST)) {
    return [
      problem(
        `@nestjs/core ${version} is not one that annotel/nest works with (11 and 12)`,
        'npm install @nestjs/core@11 @nestjs/common@11',
        stops,
      ),
    ];
  }
  if (ours === apps) return ofRxjs(own, folder);
  return [
    problem(
      `annotel/nest would load another copy of Nest (${relative(folder, ours)}) than the app (${relative(folder, apps)}): Nest cannot resolve what TelemetryModule needs`,
      'install annotel in the same package.json as Nest, or remove node_modules and install again so that one copy is left',
      stops,
    ),
  ];
}

/** Observables of two copies are not `instanceof` each other. */
function ofRxjs(own: string | undefined, folder: string): Finding[] {
  const [ours, apps] = [own && folderOf(own, 'rxjs'), folderOf(folder, 'rxjs')];
  if (ours === undefined || apps === undefined || ours === apps) return [];
  return [
    warning(
      `annotel/nest loads another copy of rxjs (${relative(folder, ours)}) than the app (${relative(folder, apps)})`,
      'let npm ls rxjs show one version, and install again',
    ),
  ];
}

const NEST = '>=11 <13';

/** All that is to go to Azure Monitor. */
export const AZURE: Loss = { signals: SIGNALS, by: 'azure' };

/** Packages that the configuration needs and annotel does not bring along. */
export const optionalPackages: Check = ({ app, options, env }) => {
  const findings: Finding[] = [];
  if (options.azureConnectionString !== undefined) {
    const { name, version, install } = AZURE_PACKAGE;
    const found = versionOf(app.folder, name);
    if (found !== version) {
      const seen = found === undefined ? 'is not installed' : `is ${found}, which annotel was not made for`;
      findings.push(problem(`APPLICATIONINSIGHTS_CONNECTION_STRING is set, but ${name} ${seen}`, install, AZURE));
    }
  }
  const wanted = options.resource.detectors.flatMap((detector) => DETECTOR_PACKAGES[detector] ?? []);
  if (env.text('ANNOTEL_ESTIMATE_TOKENS')?.toLowerCase() === 'true') wanted.push('gpt-tokenizer');
  for (const name of wanted) {
    if (!isInstalled(app.folder, name)) {
      findings.push(problem(`${name} is asked for, but is not installed`, `npm install ${name}`));
    }
  }
  return findings.length > 0 ? findings : [ok('whatever the configuration needs is installed')];
};
