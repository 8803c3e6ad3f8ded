import type { ModelResponse, ResponseFold } from '../../answer.js';
import type { Message, Part } from '../../messages/message.js';
import { group, sets } from '../../parameters.js';
import {
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
  FINISH_REASON_ERROR,
} from '../../semconv.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import type { Family } from '../family.js';
import { completionParts, messageParts, ollamaConversation } from './messages.js';

/*
 * Ollama: chat and generate, whose streams bring chunks of the same shape, and embeddings. Shapes: the API reference of
 * Ollama, as typed by the `ollama` package 0.6.
 */

type Fields = Record<string, unknown>;

const PROVIDER = 'ollama';

export const ollama: Family = {
  read(answer, { detail, content }) {
    const fields = answer as Fields;
    if (isAnswer(fields)) {
      const response = { provider: PROVIDER, model: stringOf(fields['model']), usage: usageOf(fields) };
      if (!detail) return response;
      const reason = stringOf(fields['done_reason']);
      return {
        ...response,
        finishReasons: reason === undefined ? undefined : [reason],
        output: content ? [messageOf(partsOf(fields), reason)] : undefined,
      };
    }
    return isEmbeddings(fields) ? embeddings(fields) : vector(fields);
  },
  startFold(chunk, { content }) {
    return isAnswer(chunk as Fields) ? new AnswerFold(content) : undefined;
  },
  conversation: ollamaConversation,
  parameters: {
    options: group,
    num_predict: sets(ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    think: sets(ATTR_GEN_AI_REQUEST_REASONING_LEVEL),
    format: sets(ATTR_GEN_AI_OUTPUT_TYPE),
  },
};

function isAnswer(fields: Fields): boolean {
  return (
    typeof fields['done'] === 'boolean' &&
    stringOf(fields['model']) !== undefined &&
    (objectOf(fields['message']) !== undefined ||
      typeof fields['response'] === 'string' ||
      stringOf(fields['created_at']) !== undefined)
  );
}

/** `eval_count` includes the reasoning tokens, which Ollama does not count on their own. */
function usageOf(fields: Fields): ModelResponse['usage'] {
  const inputTokens = countOf(fields['prompt_eval_count']);
  const outputTokens = countOf(fields['eval_count']);
  return (inputTokens ?? outputTokens) === undefined ? undefined : { inputTokens, outputTokens };
}

function partsOf(fields: Fields): Part[] {
  const message = objectOf(fields['message']);
  return message ? messageParts(message) : completionParts(fields);
}

function messageOf(parts: readonly Part[], reason: string | undefined): Message {
  return { role: 'assistant', parts, ...(reason === undefined ? undefined : { finish_reason: reason }) };
}

/** Folds the chunks of a chat or completion. The last one, which is `done`, has the finish reason and the counts. */
class AnswerFold implements ResponseFold {
  private model: string | undefined;
  private last: Fields | undefined;
  private readonly parts: Part[] | undefined;

  constructor(content: boolean) {
    if (content) this.parts = [];
  }

  add(chunk: object): void {
    const fields = chunk as Fields;
    this.model ??= stringOf(fields['model']);
    if (fields['done'] === true) this.last = fields;
    for (const part of this.parts ? partsOf(fields) : []) this.join(part);
  }

  /** Texts and reasoning come in pieces, everything else at once. */
  private join(part: Part): void {
    const parts = this.parts as Part[];
    const open = parts.at(-1) as Fields | undefined;
    if (open?.['type'] === part.type && (part.type === 'text' || part.type === 'reasoning')) {
      open['content'] = `${open['content']}${(part as Fields)['content']}`;
    } else parts.push({ ...part });
  }

  response(): ModelResponse {
    const reason = this.last ? stringOf(this.last['done_reason']) : FINISH_REASON_ERROR;
    return {
      provider: PROVIDER,
      model: this.model,
      finishReasons: reason === undefined ? undefined : [reason],
      usage: this.last && usageOf(this.last),
      output: this.parts && [messageOf(this.parts, reason)],
    };
  }
}

// --- embeddings ------------------------------------------------------------------------------------------------------

function isEmbeddings(fields: Fields): boolean {
  const { embeddings: vectors } = fields;
  return stringOf(fields['model']) !== undefined && Array.isArray(vectors) && Array.isArray(vectors[0]);
}

function embeddings(fields: Fields): ModelResponse {
  return {
    provider: PROVIDER,
    model: stringOf(fields['model']),
    usage: usageOf(fields),
    dimensions: (fields['embeddings'] as unknown[][])[0]?.length,
  };
}

/** The older `embeddings` answers with nothing but the vector, from which the provider cannot be known. */
function vector(fields: Fields): ModelResponse | undefined {
  const { embedding } = fields;
  if (!Array.isArray(embedding) || typeof embedding[0] !== 'number' || Object.keys(fields).length > 1) return undefined;
  return { dimensions: embedding.length };
}
