import { APIS } from './apis.js';
import { COMPILERS } from './compilers.js';
import { MANAGERS } from './managers.js';
import { NEST } from './nest.js';
import { RUNNERS } from './runners.js';
import { RUNTIMES } from './runtimes.js';
import { SDKS } from './sdks.js';
import { SERVERLESS } from './serverless.js';

/** @type {readonly import('../app.js').App[]} */
export const APPS = [...NEST, ...RUNNERS, ...COMPILERS, ...RUNTIMES, ...MANAGERS, ...SERVERLESS, ...SDKS, ...APIS];
