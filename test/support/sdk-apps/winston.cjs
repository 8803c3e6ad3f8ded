// As winston.mjs, for CommonJS.
require('./winston-lines.cjs')(require('winston'));
