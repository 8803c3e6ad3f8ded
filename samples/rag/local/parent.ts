/** The side of a local service that faces the app. Importing it is enough to be bound to the app's life. */

// However the app ends, its services end with it.
process.once('disconnect', () => process.exit());

// A signal may go to the whole process group, as Ctrl-C does. Only the app acts on it: on its way out it may still need us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

/** Tells the app where this service answers. It may have ended while the service was starting. */
export function announce(address: string): void {
  process.send?.(address, undefined, undefined, (error) => {
    if (error) process.exit();
  });
}
