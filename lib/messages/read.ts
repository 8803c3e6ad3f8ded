import { safely } from '../safely.js';
import { anthropicConversation } from './anthropic.js';
import { bedrockConversation } from './bedrock.js';
import { cohereConversation } from './cohere.js';
import { geminiConversation } from './gemini.js';
import { langChainConversation } from './langchain.js';
import type { Conversation, ConversationReader } from './message.js';
import { mistralConversation } from './mistral.js';
import { ollamaConversation } from './ollama.js';
import { openAIConversation } from './openai.js';
import { vercelConversation } from './vercel.js';

/**
 * One reader per family of providers, asked in this order. Those that claim only what is their own stand before those that
 * also read what is common to many.
 */
const READERS: readonly ConversationReader[] = [
  langChainConversation,
  vercelConversation,
  bedrockConversation,
  anthropicConversation,
  geminiConversation,
  ollamaConversation,
  mistralConversation,
  cohereConversation,
  openAIConversation,
];

/** What a request of any known family says; `undefined` where its shape is unknown. */
export function readConversation(request: object): Conversation | undefined {
  return safely('reading the messages of a request', () => {
    for (const read of READERS) {
      const conversation = read(request as Record<string, unknown>);
      if (conversation) return conversation;
    }
    return undefined;
  });
}
