import { debuglog } from 'node:util';
import { diag, registered } from '../otel.js';
import { safely } from '../safely.js';

const SENTENCE =
  'nothing listens: calls of decorated methods are recorded nowhere, since no OpenTelemetry SDK is registered in this process. ' +
  'Start it with node --import annotel/register, or call startTelemetry() of annotel/sdk first';
/** Milliseconds in which an SDK may still be started, as where calls are made while modules are loaded. */
const WAIT = 2000;

/**
 * Says at debug level that nothing is recorded, unless an SDK is started in a moment. An app without one may want it that way, so
 * only who asks hears of it: by `OTEL_LOG_LEVEL=debug`, though no SDK is there to read it, by `NODE_DEBUG=annotel`, or by a logger of
 * `diag`.
 *
 * @param isHeard whether calls are recorded by now
 */
export function tellUnheard(isHeard: () => boolean): void {
  const say = debugOutput();
  if (say === undefined) return;
  const tell = () => {
    clearTimeout(timer);
    process.off('exit', tell);
    const { context, propagation } = registered();
    // An SDK that is to export nothing registers these.
    if (context !== undefined || propagation !== undefined) return;
    safely('telling that nothing is recorded', () => isHeard() || say(SENTENCE));
  };
  const timer = setTimeout(tell, WAIT);
  timer.unref?.();
  // A program may be done before.
  process.once('exit', tell);
}

function debugOutput(): ((sentence: string) => void) | undefined {
  const ofNode = debuglog('annotel');
  if (ofNode.enabled) return ofNode;
  if (registered().diag !== undefined) return (sentence) => diag.debug(`annotel: ${sentence}`);
  const { OTEL_LOG_LEVEL: level = '', OTEL_SDK_DISABLED: disabled = '' } = process.env;
  if (!/^\s*(debug|verbose|all)\s*$/i.test(level) || /^\s*true\s*$/i.test(disabled)) return undefined;
  // stdout is the program's.
  return (sentence) => console.error(`annotel: ${sentence}`);
}
