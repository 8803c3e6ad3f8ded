import type { Message } from '../../lib/genai/messages/message.js';

/** Six bytes that pass for an image. */
export const PIXEL = 'data:image/png;base64,AAAAAAAA';

export const said = (content: string): Message['parts'] => [{ type: 'text', content }];
export const user = (...parts: Message['parts']): Message => ({ role: 'user', parts });
export const weather = { name: 'weather', description: 'Tells the weather', parameters: { type: 'object' } };

/** A call of that tool, as it is told. */
export const weatherCall = {
  type: 'tool_call',
  name: 'weather',
  id: 'call_1',
  arguments: { city: 'Paris' },
} as const;
