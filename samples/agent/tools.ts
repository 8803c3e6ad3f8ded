import type OpenAI from 'openai';

const place = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

/** What the model is told that it may call. */
export const TOOLS: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'get_weather', description: 'The weather in a city.', parameters: place } },
  { type: 'function', function: { name: 'get_local_time', description: 'The time in a city.', parameters: place } },
];

/** What these do; a real one would ask a service. */
const ANSWERS: Record<string, (city: string) => Promise<string>> = {
  get_weather: async (city) => `It is 21 °C and sunny in ${city}.`,
  get_local_time: async (city) => `It is 10:30 in ${city}.`,
};

/** @throws Error where there is no such tool */
export async function runTool(name: string, args: { city: string }): Promise<string> {
  const answer = ANSWERS[name];
  if (!answer) throw new Error(`no tool ${name}`);
  return answer(args.city);
}
