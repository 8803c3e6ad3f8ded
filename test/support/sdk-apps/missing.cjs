// Preloaded before telemetry: a package is not installed, or cannot run.
const { Module } = require('node:module');

const load = Module._load;
Module._load = (name, ...rest) => {
  if (name.endsWith(process.env.APP_MISSING)) throw new Error(`Cannot find module '${name}'\nRequire stack:\n- x.cjs`);
  return load(name, ...rest);
};
