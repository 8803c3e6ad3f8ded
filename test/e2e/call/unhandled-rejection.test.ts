import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** Runs a program against the built package, with an SDK, and tells how Node ended it. */
function run(program: string) {
  const setup = `
    import { captureTelemetry } from 'annotel/testing';
    import { Traced } from 'annotel';
    const telemetry = captureTelemetry();
    const observe = (body) => Traced('call')(body);
    class Subclass extends Promise {}
    process.on('exit', () => console.log(JSON.stringify(telemetry.spans.map(({ status }) => status.code))));
  `;
  const count = "let unhandled = 0; process.on('unhandledRejection', () => { unhandled++; });";
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', setup + program.replace('COUNT', count)],
    {
      encoding: 'utf8',
    },
  );
  return { lines: stdout.trim().split('\n'), stderr, status };
}

const REJECTED: [string, string][] = [
  ['a native promise', "async () => { throw new Error('lost'); }"],
  ['a promise subclass', "() => Subclass.reject(new Error('lost'))"],
  ['a promise with properties', "() => Object.assign(Promise.reject(new Error('lost')), { cancel() {} })"],
];

test.each(REJECTED)('%s: a rejection that nobody handles still ends the process', (_name, body) => {
  const { status, stderr, lines } = run(`observe(${body})();`);
  expect(stderr).toContain('Error: lost');
  expect(status).toBe(1);
  expect(lines).toEqual(['[2]']);
});

test.each(REJECTED)('%s: a rejection that nobody handles is reported exactly once', (_name, body) => {
  const { status, lines } = run(`COUNT observe(${body})(); setTimeout(() => console.log(unhandled), 20);`);
  expect(lines).toEqual(['1', '[2]']);
  expect(status).toBe(0);
});

test.each(REJECTED)('%s: a rejection that is handled is not reported', (_name, body) => {
  const { lines } = run(`COUNT
    const caught = [];
    await observe(${body})().catch((error) => caught.push(error.message));
    try { await observe(${body})(); } catch (error) { caught.push(error.message); }
    await Promise.allSettled([observe(${body})()]);
    await observe(${body})().then(undefined, (error) => caught.push(error.message));
    setTimeout(() => console.log(unhandled, caught.join()), 20);`);
  expect(lines).toEqual(['0 lost,lost,lost', '[2,2,2,2]']);
});
