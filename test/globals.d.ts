/** Which decorators the running project compiles to; see jest.config.mjs. */
declare const DECORATORS: 'legacy' | 'standard';
