import { startTelemetry } from 'annotel/sdk';
import OpenAI from 'openai';
import { provider } from '../local/provider.js';
import { TravelAgent } from './travel-agent.js';

// Prints traces, and on top of it what the agent's span says of its turn: any back end can show it, or alert on it.
const telemetry = startTelemetry({
  console: 'tree',
  spanProcessors: [
    {
      onStart() {},
      onEnd({ attributes }) {
        if (attributes['gen_ai.operation.name'] !== 'invoke_agent') return;
        const calls = Object.entries(attributes).filter(([name]) => name.startsWith('annotel.agent.'));
        for (const [name, count] of calls) console.log(`${name} = ${count}`);
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    },
  ],
});

const agent = new TravelAgent(new OpenAI(await provider()));
console.log(`${await agent.answer('What is the weather, and how late is it, in Lisbon?')}\n`);
await telemetry.shutdown();
