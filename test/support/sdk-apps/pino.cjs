// As pino.mjs, for CommonJS.
require('./pino-lines.cjs')(require('pino'));
