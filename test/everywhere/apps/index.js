import { NEST } from './nest.js';
import { SDKS } from './sdks.js';

/** @type {readonly import('../app.js').App[]} */
export const APPS = [...NEST, ...SDKS];
