// Logs with winston and the console while telemetry runs, while it does not, and when it runs again.
const { startTelemetry } = require('annotel/sdk');

const first = startTelemetry();
const { createLogger, format, transports } = require('winston');
const logger = createLogger({ format: format.simple(), transports: [new transports.Console()] });
const say = (text) => {
  logger.info(text);
  console.log(text);
};

async function main() {
  say('first');
  await first.shutdown();
  say('between');
  const second = startTelemetry();
  say('second');
  await second.shutdown();
  say('after');
}

main();
