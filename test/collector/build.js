import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const SAMPLE = join(dirname(dirname(import.meta.dirname)), 'samples/collector');
const MANIFEST = join(SAMPLE, 'builder.yaml');
const LEAST_GO = 1.26;

/** Why no Collector can be built here, as a sentence; nothing where one can. */
export function whatIsMissing() {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  const version = Number.parseFloat(stdout?.match(/go(\d+\.\d+)/)?.[1] ?? '');
  if (Number.isNaN(version)) return `Go ${LEAST_GO} or later is not on the PATH`;
  return version < LEAST_GO ? `Go ${LEAST_GO} or later is needed, and ${stdout.trim()} is here` : undefined;
}

/**
 * Path of the Collector of samples/collector/builder.yaml. Built where the manifest differs from that of the last build: some
 * minutes on two cores, with the modules to fetch; kept in samples/collector/.build, or in `ANNOTEL_COLLECTOR_BUILD`.
 */
export function builtCollector() {
  const folder = process.env.ANNOTEL_COLLECTOR_BUILD ?? join(SAMPLE, '.build');
  const manifest = readFileSync(MANIFEST, 'utf8');
  const binary = join(folder, `otelcol-${createHash('sha256').update(manifest).digest('hex').slice(0, 12)}`);
  if (existsSync(binary)) return binary;
  const sources = join(folder, 'sources');
  mkdirSync(sources, { recursive: true });
  const config = join(folder, 'builder.yaml');
  writeFileSync(config, manifest.replace(/output_path: .*/, `output_path: ${JSON.stringify(sources)}`));
  console.log('Building the Collector from its Go modules. This takes some minutes, once.');
  const release = manifest.match(/version: (\S+)/)?.[1];
  const builder = `go.opentelemetry.io/collector/cmd/builder@v${release}`;
  execFileSync('go', ['run', builder, '--config', config, '--ldflags=-s -w'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      GOFLAGS: `${process.env.GOFLAGS ?? ''} -p=2 -trimpath -mod=mod -buildvcs=false`.trim(),
      CGO_ENABLED: '0',
    },
  });
  renameSync(join(sources, 'otelcol-annotel'), binary);
  rmSync(sources, { recursive: true });
  return binary;
}
