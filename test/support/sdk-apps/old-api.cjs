// Touches the registry of the OpenTelemetry API with an older copy of it, as a library that was loaded first might.
const { createRequire } = require('node:module');

const { diag } = createRequire(require.resolve('@elastic/mockotlpserver'))('@opentelemetry/api');
diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} });
