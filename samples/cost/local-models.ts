import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const STAND_IN = new URL('../rag/local/stand-in-provider.js', import.meta.url);
const running: ChildProcess[] = [];

/**
 * Starts a process that speaks the protocol of a model server, without any model: it quotes what it is given.
 *
 * @returns its base URL
 */
export async function startStandIn(model: string): Promise<string> {
  const child = fork(STAND_IN, { execArgv: [], env: { ...process.env, NODE_OPTIONS: '', CHAT_MODEL: model } });
  running.push(child);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the stand-in for ${model} did not start`)));
  const [address] = await Promise.race([once(child, 'message'), ended]);
  return String(address);
}

/** Lets go of all of them, whereupon they end. */
export function stopStandIns(): void {
  for (const child of running) if (child.connected) child.disconnect();
}
