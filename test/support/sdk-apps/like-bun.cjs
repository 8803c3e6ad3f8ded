// Makes this Node look like Bun: no module hooks, and a version of its own.
const Module = require('node:module');

Object.defineProperty(process.versions, 'bun', { value: '1.4.5', enumerable: true });
delete Module.registerHooks;
Module.register = () => undefined;
Module.syncBuiltinESMExports();
