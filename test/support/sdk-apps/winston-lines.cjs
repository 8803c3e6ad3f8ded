const { trace } = require('@opentelemetry/api');

class CardError extends Error {}

/** What an app may do with winston. */
module.exports = ({ createLogger, format, transports, config, Transport }) => {
  class ByConsole extends Transport {
    log(info, done) {
      console.log(info[Symbol.for('message')]);
      done();
    }
  }
  class OpenTelemetryTransportV3 extends Transport {
    log(_info, done) {
      done();
    }
  }
  const logger = createLogger({
    level: 'debug',
    format: format.combine(format.splat(), format.timestamp(), format.json()),
    transports: [new transports.Console({ forceConsole: true }), new transports.Console({ silent: true })],
  });
  const named = createLogger({
    defaultMeta: { service: 'billing' },
    format: format.combine(format.errors({ stack: true }), format.colorize({ all: true }), format.simple()),
    transports: new ByConsole(),
  });
  const syslog = createLogger({
    levels: config.syslog.levels,
    transports: [new transports.Console({ level: 'notice' })],
  });
  const unwanted = createLogger({ silent: true, transports: [new transports.Console()] });
  const discreet = createLogger({
    format: format.combine(format((info) => !info.secret && info)(), format.json()),
    transports: [new transports.Console()],
  });
  const bridged = createLogger({ transports: [new OpenTelemetryTransportV3()] });
  const reused = new CardError('twice');

  logger.info('outside');
  trace.getTracer('app').startActiveSpan('work', (span) => {
    logger.warn('careful %s', 'now', { order: 7 });
    logger.silly('below the level');
    logger.child({ part: 'cards' }).error('cannot charge', new CardError('refused'));
    named.error(reused);
    named.child({ chapter: 2 }).info({ message: 'booked', lines: { debit: 1 } });
    syslog.crit('gone');
    syslog.info('above the level of its transport');
    unwanted.error('silent');
    bridged.error('sent by its transport');
    discreet.info({ message: 'whispered', secret: true });
    discreet.info({ message: 'said', trace_id: 'of the app' });
    span.end();
  });
  logger.error(reused);
};
