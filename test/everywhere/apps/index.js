import { SDKS } from './sdks.js';

/** @type {readonly import('../app.js').App[]} */
export const APPS = [...SDKS];
