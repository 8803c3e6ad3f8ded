import { dirname } from 'node:path';
import main from '../jest.config.mjs';

const [legacy] = main.projects;
const installed = '<rootDir>/test/nest11/node_modules';

/** The tests of nest-module on Nest 11: the same sources and tests, with its packages in the place of those of the repository. */
export default {
  ...legacy,
  rootDir: dirname(dirname(import.meta.dirname)),
  displayName: 'nest11',
  moduleNameMapper: {
    ...legacy.moduleNameMapper,
    '^@nestjs/(.+)$': `${installed}/@nestjs/$1`,
    '^rxjs(/.+)?$': `${installed}/rxjs$1`,
    '^reflect-metadata$': `${installed}/reflect-metadata`,
  },
  testMatch: ['<rootDir>/test/unit/nest-module/**/*.test.ts'],
};
