import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Where the samples find their model: what the clients of OpenAI and LangChain need to know. */
export interface Provider {
  apiKey: string;
  /** `undefined` is the client's own default. */
  baseURL: string | undefined;
}

/**
 * The real provider where `OPENAI_API_KEY` is set, else the local stand-in. That one runs in a process of its own, so that
 * the sample's traces stay the sample's, and ends with this one.
 */
export async function provider(): Promise<Provider> {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL } = process.env;
  if (apiKey) return { apiKey, baseURL };

  console.log('No OPENAI_API_KEY: a local stand-in answers in place of the model.\n');
  const standIn = fork(new URL('./stand-in-provider.js', import.meta.url), {
    // Neither `--import annotel/register` nor a NODE_OPTIONS that says the same.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [address] = await once(standIn, 'message');
  // The sample may end while the stand-in runs.
  standIn.unref();
  standIn.channel?.unref();
  return { apiKey: 'stand-in', baseURL: String(address) };
}
