import { type ModelResponse, type ResponseFold, specialTier, type TokenUsage, type Wanted } from '../../answer.js';
import { Assembly } from '../../messages/assembly.js';
import { FINISH_REASON_ERROR } from '../../semconv.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import { anthropic } from '../anthropic/anthropic.js';
import { openAI } from '../openai/openai.js';
import { bodyOf } from './messages.js';

/*
 * InvokeModel of Amazon Bedrock: bytes of JSON, in the shape of the model's maker. Anthropic's, OpenAI's and Nova's (which is
 * Converse's) are read by their own readers; those of Titan, Llama, Mistral, AI21 and Cohere here. Shapes: the inference
 * parameters of each model in the user guide of Bedrock.
 */

type Fields = Readonly<Record<string, unknown>>;

/** A larger body, such as an image, is not parsed: that would hold up the process, and it has no usage. */
const LARGEST_BODY = 4 * 1024 * 1024;

export function isInvokeAnswer(fields: Fields): boolean {
  return objectOf(fields['$metadata']) !== undefined && ArrayBuffer.isView(fields['body']);
}

export function isInvokeChunk({ chunk }: Fields): boolean {
  return ArrayBuffer.isView(objectOf(chunk)?.['bytes']);
}

/** @param converse reads a body that is of the shape of Converse */
export function invokeAnswer(
  fields: Fields,
  wanted: Wanted,
  converse: (body: Record<string, unknown>) => ModelResponse | undefined,
): ModelResponse | undefined {
  const bytes = fields['body'] as ArrayBufferView;
  const body = bytes.byteLength > LARGEST_BODY ? undefined : bodyOf(bytes);
  if (!body) return undefined;
  const known = anthropic.read(body, wanted) ?? converse(body) ?? openAI.read(body, wanted);
  const piece = known ? undefined : read(body);
  const answer = known ?? (piece && answerOf(piece, wanted));
  // The model's maker may have a tier of its own; Bedrock's stands beside the body.
  const tier = specialTier(fields['serviceTier'], fields['performanceConfigLatency'], answer?.tier);
  return answer && { ...answer, tier, attributes: undefined };
}

// --- what is read of bodies and chunks -------------------------------------------------------------------------------

interface Piece {
  readonly choices: readonly { readonly text?: unknown; readonly reason?: unknown }[];
  readonly usage?: TokenUsage;
  readonly dimensions?: number;
}

/** A complete body, or one chunk of a stream. */
function read(body: Fields): Piece | undefined {
  const { results, outputs, choices, generations, embedding, embeddings } = body;
  const counts = objectOf(body['usage']) ?? objectOf(objectOf(body['meta'])?.['billed_units']) ?? {};
  const usage = {
    inputTokens: firstCount(
      counts['prompt_tokens'],
      counts['input_tokens'],
      body['inputTextTokenCount'],
      body['prompt_token_count'],
    ),
    outputTokens: firstCount(
      counts['completion_tokens'],
      counts['output_tokens'],
      body['totalOutputTextTokenCount'],
      body['generation_token_count'],
      titanTokens(results),
    ),
  };
  const list = [results, outputs, choices, generations].find((value) => Array.isArray(value)) as unknown[] | undefined;
  if (list) return { choices: list.map((choice) => choiceOf(objectOf(choice) ?? {})), usage };
  const vector = Array.isArray(embedding) ? embedding : (firstVector(embeddings) ?? vectorIn(body['embeddingsByType']));
  if (vector) return { choices: [], usage, dimensions: vector.length };
  if (['generation', 'outputText', 'text', 'finish_reason'].some((name) => typeof body[name] === 'string')) {
    return { choices: [choiceOf(body)], usage };
  }
  return undefined;
}

function choiceOf(choice: Fields): Piece['choices'][number] {
  const content = objectOf(choice['message'] ?? choice['delta'])?.['content'];
  return {
    text: content ?? choice['text'] ?? choice['outputText'] ?? choice['generation'],
    reason: choice['finish_reason'] ?? choice['stop_reason'] ?? choice['completionReason'],
  };
}

function firstCount(...values: unknown[]): number | undefined {
  return values.map(countOf).find((count) => count !== undefined);
}

function titanTokens(results: unknown): number | undefined {
  if (!Array.isArray(results)) return undefined;
  const counts = results.map((result) => countOf(objectOf(result)?.['tokenCount']));
  return counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0);
}

/** Cohere's: a list, or lists by type of number. */
function firstVector(embeddings: unknown): unknown[] | undefined {
  const list = Array.isArray(embeddings) ? embeddings : Object.values(objectOf(embeddings) ?? {})[0];
  const first = Array.isArray(list) ? list[0] : undefined;
  return Array.isArray(first) ? first : undefined;
}

/** Titan's, where no floats were asked for. */
function vectorIn(byType: unknown): unknown[] | undefined {
  const vector = Object.values(objectOf(byType) ?? {})[0];
  return Array.isArray(vector) ? vector : undefined;
}

function answerOf({ choices, usage, dimensions }: Piece, { detail, content }: Wanted): ModelResponse {
  if (!detail) return { usage };
  const reasons = choices.map(({ reason }) => stringOf(reason));
  return {
    usage,
    dimensions,
    finishReasons: reasons.filter((reason) => reason !== undefined),
    output: content && choices.length > 0 ? assembled([choices]).messages(reasons) : undefined,
  };
}

function assembled(pieces: readonly Piece['choices'][], into = new Assembly()): Assembly {
  for (const choices of pieces) {
    for (const [index, { text }] of choices.entries()) into.add(index, 0, 'text', text);
  }
  return into;
}

// --- streams ---------------------------------------------------------------------------------------------------------

/** Folds the chunks of a streamed body. Bedrock counts the tokens of all models in the last one. */
export class InvokeFold implements ResponseFold {
  private inner: ResponseFold | undefined;
  private started = false;
  private usage: TokenUsage = {};
  private metrics: Fields | undefined;
  private readonly reasons: (string | undefined)[] = [];
  private readonly assembly: Assembly | undefined;

  /** @param converse starts to read chunks that are of the shape of ConverseStream's events */
  constructor(
    private readonly wanted: Wanted,
    private readonly converse: (chunk: Record<string, unknown>, wanted: Wanted) => ResponseFold | undefined,
  ) {
    if (wanted.content) this.assembly = new Assembly();
  }

  add(chunk: object): void {
    const body = bodyOf(objectOf((chunk as Fields)['chunk'])?.['bytes']);
    if (!body) return;
    this.metrics = objectOf(body['amazon-bedrock-invocationMetrics']) ?? this.metrics;
    if (!this.started) {
      this.started = true;
      const { wanted } = this;
      this.inner = anthropic.startFold(body, wanted) ?? this.converse(body, wanted) ?? openAI.startFold(body, wanted);
    }
    if (this.inner) this.inner.add(body);
    else this.addPiece(read(body));
  }

  private addPiece(piece: Piece | undefined): void {
    if (!piece) return;
    const { inputTokens, outputTokens } = piece.usage ?? {};
    this.usage = {
      inputTokens: inputTokens ?? this.usage.inputTokens,
      outputTokens: outputTokens ?? this.usage.outputTokens,
    };
    for (const [index, { reason }] of piece.choices.entries()) {
      this.reasons[index] = stringOf(reason) ?? this.reasons[index];
    }
    if (this.assembly) assembled([piece.choices], this.assembly);
  }

  response(): ModelResponse {
    if (this.inner) {
      const response = this.inner.response();
      return { ...response, usage: this.counted(response.usage), attributes: undefined };
    }
    const reasons = Array.from(
      this.reasons.length > 0 ? this.reasons : [undefined],
      (reason) => reason ?? FINISH_REASON_ERROR,
    );
    return {
      usage: this.counted(this.usage),
      finishReasons: reasons,
      output: this.assembly?.messages(reasons),
    };
  }

  /** Bedrock's own counts where the body of the model has none. Its input count leaves the cached tokens out. */
  private counted(usage: TokenUsage | undefined): TokenUsage | undefined {
    const { metrics } = this;
    if (!metrics) return usage;
    const cacheReadTokens = countOf(metrics['cacheReadInputTokenCount']);
    const cacheWriteTokens = countOf(metrics['cacheWriteInputTokenCount']);
    const plain = countOf(metrics['inputTokenCount']);
    const counted =
      usage?.inputTokens === undefined && plain !== undefined
        ? { inputTokens: plain + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0), cacheReadTokens, cacheWriteTokens }
        : undefined;
    return { ...usage, ...counted, outputTokens: usage?.outputTokens ?? countOf(metrics['outputTokenCount']) };
  }
}
