import { type ModelResponse, type ResponseFold, specialTier, type TokenUsage, type Wanted } from '../../answer.js';
import { Assembly } from '../../messages/assembly.js';
import { group, outputConfig, overrides, sets } from '../../parameters.js';
import { ATTR_AWS_BEDROCK_GUARDRAIL_ID, ATTR_GEN_AI_REQUEST_MAX_TOKENS, FINISH_REASON_ERROR } from '../../semconv.js';
import { countOf, objectOf, objectsOf, stringOf } from '../../shape.js';
import { type Family, requestedTool } from '../family.js';
import { InvokeFold, invokeAnswer, isInvokeAnswer, isInvokeChunk } from './invoke.js';
import { bedrockConversation, converseMessage, smallBodyOf } from './messages.js';

/*
 * Amazon Bedrock: Converse, ConverseStream, and InvokeModel with and without a stream (`invoke.ts`). Shapes: the API
 * reference of Bedrock, as typed by `@aws-sdk/client-bedrock-runtime` 3.1163. Answers do not name their model.
 */

type Fields = Record<string, unknown>;

const PROVIDER = 'aws.bedrock';

export const bedrock: Family = {
  read(answer, wanted) {
    const fields = answer as Fields;
    const response = isConverse(fields) ? converseAnswer(fields, wanted) : invoked(fields, wanted);
    return response && { ...response, provider: PROVIDER };
  },
  startFold(chunk, wanted) {
    const fields = chunk as Fields;
    if (isConverseEvent(fields)) return new AsBedrock(new ConverseFold(wanted));
    return isInvokeChunk(fields) ? new AsBedrock(new InvokeFold(wanted, startConverse)) : undefined;
  },
  conversation: bedrockConversation,
  // InvokeModel, and a prompt kept there
  isRequest: ({ modelId, body, promptVariables }) => modelId !== undefined && (body ?? promptVariables) != null,
  modelOf: ({ modelId }) => stringOf(modelId),
  /** A Command of the AWS SDK. */
  wrappedRequest(fields) {
    const input = Object.hasOwn(fields, 'input') ? objectOf(fields['input']) : undefined;
    return input && stringOf(input['modelId']) !== undefined ? input : undefined;
  },
  requestedProvider: ({ modelId }) => (stringOf(modelId) === undefined ? undefined : PROVIDER),
  parameters: {
    inferenceConfig: group,
    guardrailConfig: group,
    additionalModelRequestFields: group,
    textGenerationConfig: group,
    // Of InvokeModel, and an object in the client of Azure AI Inference.
    body: (_bag, value, takeAll) => takeAll(smallBodyOf(value)),
    outputConfig,
    maxTokenCount: sets(ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    max_gen_len: sets(ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    max_tokens_to_sample: sets(ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    guardrailIdentifier: overrides(ATTR_AWS_BEDROCK_GUARDRAIL_ID),
  },
  /** It is handed out as the only field of a content block. */
  toolRequest(block) {
    const call = objectOf(block['toolUse']) ?? block;
    const id = stringOf(call['toolUseId']);
    return id === undefined ? undefined : requestedTool(call['name'], id, call['input']);
  },
};

/** Bodies of InvokeModel are those of the model's maker, and are Bedrock's answers all the same. */
class AsBedrock implements ResponseFold {
  constructor(private readonly fold: ResponseFold) {}

  add(chunk: object): void {
    this.fold.add(chunk);
  }

  response(): ModelResponse {
    return { ...this.fold.response(), provider: PROVIDER };
  }
}

function invoked(fields: Fields, wanted: Wanted): ModelResponse | undefined {
  return isInvokeAnswer(fields)
    ? invokeAnswer(fields, wanted, (body) => (isConverse(body) ? converseAnswer(body, wanted) : undefined))
    : undefined;
}

function startConverse(chunk: Fields, wanted: Wanted): ResponseFold | undefined {
  return isConverseEvent(chunk) ? new ConverseFold(wanted) : undefined;
}

function isConverse(fields: Fields): boolean {
  if (typeof fields['stopReason'] !== 'string') return false;
  return Array.isArray(objectOf(objectOf(fields['output'])?.['message'])?.['content']);
}

function converseAnswer(fields: Fields, { detail, content }: Wanted): ModelResponse {
  const answer = { model: invokedModel(fields), usage: converseUsage(fields['usage']), tier: tierOfConverse(fields) };
  if (!detail) return answer;
  const reason = stringOf(fields['stopReason']);
  const message = objectOf(objectOf(fields['output'])?.['message']) ?? {};
  return {
    ...answer,
    finishReasons: reason === undefined ? undefined : [reason],
    output: content ? [converseMessage(message, reason)] : undefined,
  };
}

/** A prompt router names the model that it chose. */
function invokedModel(fields: Fields): string | undefined {
  return stringOf(objectOf(objectOf(fields['trace'])?.['promptRouter'])?.['invokedModelId']);
}

/** `inputTokens` does not include the cached ones. Nova's own bodies spell these with `Count`. */
function converseUsage(value: unknown): TokenUsage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const cacheReadTokens = countOf(usage['cacheReadInputTokens'] ?? usage['cacheReadInputTokenCount']);
  const cacheWriteTokens = countOf(usage['cacheWriteInputTokens'] ?? usage['cacheWriteInputTokenCount']);
  const plain = countOf(usage['inputTokens']);
  return {
    inputTokens: plain === undefined ? undefined : plain + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: countOf(usage['outputTokens']),
    cacheReadTokens,
    cacheWriteTokens,
    cacheWriteHourTokens: hourWritesOfConverse(usage),
  };
}

/** Tokens that were written to a cache which keeps them for an hour. */
export function hourWritesOfConverse(usage: unknown): number | undefined {
  return countOf(objectsOf(objectOf(usage)?.['cacheDetails']).find(({ ttl }) => ttl === '1h')?.['inputTokens']);
}

/** The tier of service, and the speed, which is sold apart from it. */
export function tierOfConverse(answer: Readonly<Fields> | undefined): string | undefined {
  return specialTier(objectOf(answer?.['serviceTier'])?.['type'], objectOf(answer?.['performanceConfig'])?.['latency']);
}

function isConverseEvent(fields: Fields): boolean {
  if (EVENTS.some((event) => objectOf(fields[event]) !== undefined)) return true;
  return objectOf(objectOf(fields['metadata'])?.['usage']) !== undefined && 'metrics' in (fields['metadata'] as object);
}

const EVENTS = ['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop'];

/** Folds the events of a streamed answer: `messageStop` has the reason why it ended, and `metadata` behind it the usage. */
class ConverseFold implements ResponseFold {
  private stopReason: string | undefined;
  private metadata: Fields = {};
  private readonly assembly: Assembly | undefined;

  constructor(wanted: Wanted) {
    if (wanted.content) this.assembly = new Assembly();
  }

  add(chunk: object): void {
    const { contentBlockDelta: delta, contentBlockStart: start, messageStop, metadata } = chunk as Fields;
    if (delta ?? start) {
      if (this.assembly) addBlock(this.assembly, objectOf(delta ?? start) ?? {});
    } else if (messageStop) this.stopReason = stringOf(objectOf(messageStop)?.['stopReason']);
    else if (metadata) {
      const { usage, trace, serviceTier, performanceConfig } = objectOf(metadata) ?? {};
      this.metadata = {
        usage,
        serviceTier,
        performanceConfig,
        trace: { promptRouter: objectOf(trace)?.['promptRouter'] },
      };
    }
  }

  response(): ModelResponse {
    const reason = this.stopReason ?? FINISH_REASON_ERROR;
    return {
      model: invokedModel(this.metadata),
      usage: converseUsage(this.metadata['usage']),
      tier: tierOfConverse(this.metadata),
      finishReasons: [reason],
      output: this.assembly?.messages([reason]),
    };
  }
}

/** The start of a content block, or more of one. */
function addBlock(assembly: Assembly, event: Fields): void {
  const at = countOf(event['contentBlockIndex']) ?? 0;
  const piece = objectOf(event['delta'] ?? event['start']);
  const tool = objectOf(piece?.['toolUse']);
  if (tool) assembly.addToolCall(0, at, { name: tool['name'], id: tool['toolUseId'], piece: tool['input'] });
  assembly.add(0, at, 'text', piece?.['text']);
  assembly.add(0, at, 'reasoning', objectOf(piece?.['reasoningContent'])?.['text']);
}
