import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Collects garbage until `done`, or throws after many rounds. Finalizers run between the rounds. `done` must not ask a WeakRef:
 * that keeps its object for the turn.
 */
export async function collectUntil(done: () => boolean): Promise<void> {
  for (let round = 0; round < 50; round++) {
    if (done()) return;
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('not collected');
}
