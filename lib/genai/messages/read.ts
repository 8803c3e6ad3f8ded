import { safely } from '../../safely.js';
import { anthropicConversation } from '../providers/anthropic/messages.js';
import { bedrockConversation } from '../providers/bedrock/messages.js';
import { cohereConversation } from '../providers/cohere/messages.js';
import { geminiConversation } from '../providers/gemini/messages.js';
import { langChainConversation } from '../providers/langchain/messages.js';
import { mistralConversation } from '../providers/mistral/messages.js';
import { ollamaConversation } from '../providers/ollama/messages.js';
import { openAIConversation } from '../providers/openai/messages.js';
import { vercelConversation } from '../providers/vercel/messages.js';
import type { Conversation, ConversationReader } from './message.js';

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
