import { APIS } from './apis.js';
import { COMPILERS } from './compilers.js';
import { MANAGERS } from './managers.js';
import { NEST } from './nest.js';
import { NEXT } from './next.js';
import { RUNNERS } from './runners.js';
import { RUNTIMES } from './runtimes.js';
import { SDKS } from './sdks.js';
import { SERVERLESS } from './serverless.js';
import { TYPES } from './types.js';

/** @type {readonly import('../app.js').App[]} */
export const APPS = [
  ...NEST,
  ...NEXT,
  ...RUNNERS,
  ...COMPILERS,
  ...RUNTIMES,
  ...MANAGERS,
  ...SERVERLESS,
  ...SDKS,
  ...APIS,
  ...TYPES,
];
