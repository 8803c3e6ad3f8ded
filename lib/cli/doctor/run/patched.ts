/** Of libraries that are traced by patching them: whether that has been done to what was loaded. */
// biome-ignore lint/suspicious/noExplicitAny: libraries that need not be installed
const SIGNS: Readonly<Record<string, (loaded: any) => unknown>> = {
  // A function that is wrapped says so of itself.
  express: ({ application }) => application.use.__wrapped,
  pg: ({ Client }) => Client.prototype.query.__wrapped,
  redis: ({ RedisClient, createClient }) =>
    (RedisClient?.prototype.internal_send_command ?? createClient().sendCommand).__wrapped,
  ioredis: ({ prototype }) => prototype.sendCommand.__wrapped,
  pino: (pino) => typeof pino({ enabled: false })[pino.symbols.mixinSym] === 'function',
  winston: ({ createLogger }) => createLogger({ silent: true }).write.__wrapped,
};

/** @throws what a library of an unknown form throws */
export function isPatched(name: string, loaded: object): boolean {
  const sign = SIGNS[name];
  const { default: own } = loaded as { default?: object };
  try {
    return sign?.(loaded) === true;
  } catch (error) {
    if (own === undefined) throw error;
    return sign?.(own) === true;
  }
}
