import { safely } from '../safely.js';
import type { Conversation, ConversationReader } from './message.js';

/** One reader per family of providers, asked in this order. */
const READERS: readonly ConversationReader[] = [];

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
