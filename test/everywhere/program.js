/*
 * The app of most cells: one decorated method that calls a model by another. It answers by itself, in the shape of OpenAI's client.
 */

const ANSWER = `({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: request.model,
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Tea.' } }],
  usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
})`;
const REQUEST = `{ model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] }`;

/** A statement that loads names from a package, as an ES module or as CommonJS does. */
export const load = (format, names, from) =>
  format === 'esm' ? `import { ${names} } from '${from}';` : `const { ${names} } = require('${from}');`;

/** The decorated calls in JavaScript, as functions. */
export const calls = (format) => `
${load(format, 'LlmCall, Traced', 'annotel')}
const ask = LlmCall({ provider: 'openai' })(async function ask(request) {
  return ${ANSWER};
});
const answer = Traced('Shop.answer')(async (question) => ask(${REQUEST}));
`;

/** An app that makes them. It ends what `globalThis.stopTelemetry` ends. */
export const program = (format) => calls(format) + RUN;

/** What every app ends with. */
const RUN = `
async function main() {
  const { choices } = await answer('What do you sell?');
  console.log('answered', choices[0].message.content);
  await globalThis.stopTelemetry?.();
}
main();
`;

/** The class in TypeScript, with decorators. */
export const SHOP = `
import { LlmCall, Traced } from 'annotel';

interface Request {
  model: string;
  messages: { role: string; content: string }[];
}

export class Shop {
  @Traced()
  async answer(question: string) {
    return this.ask(${REQUEST});
  }

  @LlmCall({ provider: 'openai' })
  async ask(request: Request) {
    return ${ANSWER};
  }
}
`;

/** An app that uses the class. */
export const MAIN = `
import { Shop } from './shop.js';
declare const process: { exitCode?: number };
const answer = (question: string) => new Shop().answer(question);
${RUN.replace('globalThis.stopTelemetry', '(globalThis as { stopTelemetry?: () => Promise<void> }).stopTelemetry')}`;

/** Starts an SDK of OpenTelemetry's, whichever version is installed, as the environment says. */
export const nodeSdk = (format, options = '') => `
${load(format, 'NodeSDK', '@opentelemetry/sdk-node')}
const sdk = new NodeSDK(${options});
sdk.start();
globalThis.stopTelemetry = () => sdk.shutdown();
`;
