import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AZURE_PACKAGE, loadAzurePackage } from '../../../../lib/sdk/azure/package.js';

const INSTALL = 'npm install --save-exact @azure/monitor-opentelemetry-exporter@1.0.0-beta.45';

describe('the package of the exporters', () => {
  let app: string;

  beforeEach(() => {
    app = mkdtempSync(join(tmpdir(), 'annotel-app-'));
  });
  afterEach(() => {
    rmSync(app, { recursive: true });
  });

  const installed = (version: string) => {
    const folder = join(app, 'node_modules', '@azure', 'monitor-opentelemetry-exporter');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }));
  };

  it('is asked for where it is not installed', () => {
    expect(() => loadAzurePackage([createRequire(join(app, 'app.js'))])).toThrow(
      new Error(`@azure/monitor-opentelemetry-exporter is not installed; run ${INSTALL}`),
    );
  });

  it('is asked for in the right version', () => {
    installed('1.0.0-preview.6');
    expect(() => loadAzurePackage([createRequire(join(app, 'app.js'))])).toThrow(
      new Error(
        `@azure/monitor-opentelemetry-exporter 1.0.0-preview.6 is not the version that annotel works with; run ${INSTALL}`,
      ),
    );
  });

  it.each(['README.md', 'docs/back-ends.md', 'package.json'])('has the version that %s names', (page) => {
    const text = readFileSync(join(import.meta.dirname, '../../../..', page), 'utf8');
    const { name, version, install } = AZURE_PACKAGE;
    expect(text).toContain(page === 'package.json' ? `"${name}": "${version}"` : install);
  });

  it('is found from any of the places', () => {
    const { AzureMonitorTraceExporter } = loadAzurePackage([
      createRequire(join(app, 'app.js')),
      createRequire(import.meta.url),
    ]);
    expect(AzureMonitorTraceExporter.name).toBe('AzureMonitorTraceExporter');
  });
});
