import { dirname } from 'node:path';
import main from '../jest.config.mjs';

const [legacy] = main.projects;

/** The tests against the published clients; they share everything with the main suite but their own node_modules. */
export default {
  ...legacy,
  rootDir: dirname(dirname(import.meta.dirname)),
  displayName: 'clients',
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['<rootDir>/test/clients/**/*.test.ts'],
};
