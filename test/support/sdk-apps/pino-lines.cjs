const { trace } = require('@opentelemetry/api');

class CardError extends Error {}

/** What an app may do with pino. */
module.exports = (pino) => {
  const logger = pino({
    level: 'trace',
    mixin: () => ({ build: 7 }),
    customLevels: { audit: 35 },
    redact: ['password'],
  });
  const named = pino({ name: 'billing' });
  logger.info('outside');
  trace.getTracer('app').startActiveSpan('work', (span) => {
    logger.trace('fine');
    logger.warn({ order: 7, password: 'hunter2' }, 'careful %s', 'now');
    logger.audit('audited');
    logger.child({ part: 'cards' }).error(new CardError('refused'), 'cannot charge');
    named.fatal('gone');
    span.end();
  });
  named.debug('not for anybody');
};
