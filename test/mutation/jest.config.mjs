import { join } from 'node:path';
import config from '../jest.config.mjs';

const [legacy] = config.projects;

/** The suites nearest to the files that are mutated, once, and none that waits for the garbage collector. */
const SUITES = [
  'call/{annotate,idle-streams,logs,result-details,result-shapes,shared-results,signals,stream-iterators,tap,waited-for}',
  'decorators/{callbacks,traced}',
  'sdk/export/{export-queue,self-retrying-queue}',
  'sdk/sampling/{tail-sampler,tail-sampler-limits,tail-sampler-trees,trace-group}',
];

/** Milliseconds: in a mutant that answers nothing each test would wait for its end. */
const TIMEOUT = 2000;

export default {
  ...legacy,
  testMatch: SUITES.map((suites) => `<rootDir>/test/unit/${suites}.test.ts`),
  testEnvironment: join(import.meta.dirname, 'first-failure.cjs'),
  testTimeout: TIMEOUT,
};
