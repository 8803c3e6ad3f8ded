/** Name and version of the instrumentation scope of everything that annotel emits. */
export const SCOPE_NAME = 'annotel';
export const SCOPE_VERSION = '0.1.0';
