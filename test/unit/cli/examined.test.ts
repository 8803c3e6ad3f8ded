import { expect, it } from '@jest/globals';
import { examined } from '../../../lib/cli/doctor/doctor.js';
import { type Check, type CheckContext, ok } from '../../../lib/cli/doctor/finding.js';

const broken = () => {
  throw new Error('no such file');
};

it.each<[string, Check, object[]]>([
  ['says what it has found', async () => [ok('fine')], [{ level: 'ok', text: 'fine' }]],
  [
    'that throws says that it could not look',
    broken,
    [{ level: 'warning', text: 'could not look at x: no such file' }],
  ],
  [
    'that rejects says that it could not look',
    () => Promise.reject('gone'),
    [{ level: 'warning', text: 'could not look at x: gone' }],
  ],
])('a check %s', async (_what, check, findings) => {
  expect(await examined('x', check, {} as CheckContext)).toEqual(findings);
});
