import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { hostDetector } from '@opentelemetry/resources';
import { Environment } from '../../../lib/sdk/configuration/environment.js';
import { resourceOptions } from '../../../lib/sdk/configuration/resource.js';
import { createResource } from '../../../lib/sdk/resource.js';
import { forgetReported } from '../../../lib/sdk/warnings.js';
import { listen } from '../../support/sdk-stderr.js';

describe('the resource', () => {
  let said: string[];
  let app: string;

  beforeEach(() => {
    forgetReported();
    said = listen();
    app = mkdtempSync(join(tmpdir(), 'annotel-resource-'));
    mkdirSync(join(app, 'dist', 'src'), { recursive: true });
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'shop-api', version: '3.2.1' }));
    // Build output often has a package.json of its own, that only says what kind of modules it holds.
    writeFileSync(join(app, 'dist', 'package.json'), JSON.stringify({ type: 'commonjs' }));
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  let links = 0;
  const link = (target: string, folder: string) => {
    mkdirSync(folder, { recursive: true });
    links += 1;
    const path = join(folder, `${basename(app)}-link-${links}`);
    symlinkSync(target, path);
    return path;
  };
  const attributes = (variables: Record<string, string> = {}, serviceName?: string) =>
    createResource(resourceOptions(new Environment(variables), serviceName, join(app, 'dist', 'src', 'main.js')))
      .attributes;

  it("names the service after the app's package where nothing else does", () => {
    expect(attributes()).toMatchObject({
      'service.name': 'shop-api',
      'service.version': '3.2.1',
      'service.instance.id': expect.stringMatching(/^[\da-f-]{36}$/),
      'telemetry.distro.name': 'annotel',
      'telemetry.sdk.language': 'nodejs',
      'process.pid': process.pid,
    });
    expect(attributes()).not.toHaveProperty(['deployment.environment.name']);
  });

  it('holds neither the arguments of the process nor the host, unless a detector is named for it', () => {
    expect(attributes()).not.toHaveProperty(['process.command_args']);
    expect(attributes()).not.toHaveProperty(['process.owner']);
    expect(attributes()).not.toHaveProperty(['host.name']);
    const all = attributes({ OTEL_NODE_RESOURCE_DETECTORS: 'all' });
    expect(all).toHaveProperty(['process.command_args']);
    expect(all).toHaveProperty(['host.name']);
    expect(all).toHaveProperty(['os.type']);
  });

  it.each<[Record<string, string>, string | undefined, Record<string, string>]>([
    [{ OTEL_SERVICE_NAME: 'by-name' }, undefined, { 'service.name': 'by-name', 'service.version': '3.2.1' }],
    [{ OTEL_SERVICE_NAME: 'by-name' }, 'by-option', { 'service.name': 'by-option' }],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'service.name=by-attribute,service.version=9,team=a%2Cb' },
      undefined,
      { 'service.name': 'by-attribute', 'service.version': '9', team: 'a,b' },
    ],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'service.name=by-attribute', OTEL_SERVICE_NAME: 'by-name' },
      undefined,
      { 'service.name': 'by-name' },
    ],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=pod-7' }, undefined, { 'service.instance.id': 'pod-7' }],
    [{ NODE_ENV: 'production' }, undefined, { 'deployment.environment.name': 'production' }],
    [{ NODE_ENV: 'production', APP_ENV: 'staging' }, undefined, { 'deployment.environment.name': 'staging' }],
    [
      { APP_ENV: 'staging', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=qa' },
      undefined,
      { 'deployment.environment.name': 'qa' },
    ],
    [
      { APP_ENV: 'staging', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=qa' },
      undefined,
      { 'deployment.environment.name': 'qa', 'deployment.environment': 'qa' },
    ],
  ])('of %j with the option %s', (variables, option, expected) => {
    expect(attributes(variables, option)).toMatchObject(expected);
    expect(said).toEqual([]);
  });

  it.each([
    ['its folder, as in `node .`', () => app],
    ['a folder in it', () => join(app, 'dist', 'src')],
    ['a file without its ending', () => join(app, 'dist', 'src', 'main')],
    ['a link to it, as a command is', () => link(join(app, 'dist', 'src', 'main.js'), join(app, '..'))],
    [
      "a link from a package manager's folder, as a package of a monorepo is",
      () => link(app, join(app, 'node_modules')),
    ],
  ])('names the service where the app was started by %s', (_what, mainScript) => {
    writeFileSync(join(app, 'dist', 'src', 'main.js'), '');
    const { serviceName, serviceVersion } = resourceOptions(new Environment({}), undefined, mainScript());
    expect([serviceName, serviceVersion]).toEqual(['shop-api', '3.2.1']);
  });

  it("names it after the working directory's package where a tool runs it, or no script", () => {
    const tool = join(app, 'node_modules', 'runner', 'cli.js');
    mkdirSync(join(tool, '..'), { recursive: true });
    writeFileSync(tool, '');
    writeFileSync(join(tool, '..', 'package.json'), JSON.stringify({ name: 'runner' }));
    for (const mainScript of [tool, link(tool, join(app, '..')), undefined]) {
      expect(resourceOptions(new Environment({}), undefined, mainScript).serviceName).toBe('annotel');
    }
  });

  it('does not wait without end for what a detector looks up', async () => {
    jest.useFakeTimers();
    jest.spyOn(hostDetector, 'detect').mockReturnValue({
      attributes: { 'host.name': Promise.resolve('here'), 'host.id': new Promise<string>(() => {}) },
    });
    const resource = createResource(
      resourceOptions(new Environment({ OTEL_NODE_RESOURCE_DETECTORS: 'host' }), 'shop', undefined),
    );
    const found = resource.waitForAsyncAttributes?.();
    await jest.advanceTimersByTimeAsync(5000);
    await found;
    expect(resource.attributes).toMatchObject({ 'service.name': 'shop', 'host.name': 'here' });
    expect(resource.attributes['host.id']).toBeUndefined();
    jest.useRealTimers();
  });

  it('loses no more than what is wrong in a list of attributes', () => {
    expect(attributes({ OTEL_RESOURCE_ATTRIBUTES: 'team=a,nonsense,bad=%E0%A4,=x,b=c=d,region=eu' })).toMatchObject({
      team: 'a',
      region: 'eu',
    });
    expect(said).toEqual([
      expect.stringMatching(/OTEL_RESOURCE_ATTRIBUTES="nonsense,bad=%E0%A4,=x,b=c=d" .*using the rest/),
    ]);
  });

  it('asks the detectors that are named, and no other', () => {
    const { detectors } = resourceOptions(
      new Environment({ OTEL_NODE_RESOURCE_DETECTORS: 'container,env' }),
      undefined,
      undefined,
    );
    expect(detectors).toEqual(['container', 'env']);
    expect(attributes({ OTEL_NODE_RESOURCE_DETECTORS: 'none', OTEL_RESOURCE_ATTRIBUTES: 'team=a' })).not.toHaveProperty(
      'team',
    );
    expect(attributes({ OTEL_NODE_RESOURCE_DETECTORS: 'container' })).toHaveProperty(['service.name'], 'shop-api');
    expect(said).toEqual([]);
  });
});
