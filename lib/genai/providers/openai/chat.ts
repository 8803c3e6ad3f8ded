import type { Attributes } from '@opentelemetry/api';
import { type ModelResponse, type ResponseFold, specialTier, type Wanted } from '../../answer.js';
import {
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
  ERROR_TYPE_OTHER,
  FINISH_REASON_ERROR,
} from '../../semconv.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import { choiceMessages, StreamedChoices } from './chat-messages.js';
import { isOpenAI, markOf, providerOf, reportedCost, tokenUsage } from './dialects.js';

/* Chat completions and (legacy) completions: answers and streams. */

type Fields = Record<string, unknown>;

/** Of an answer or a chunk; `choices` alone may be anybody's word. */
export function isCompletion(fields: Fields): boolean {
  const { choices } = fields;
  if (!Array.isArray(choices)) return false;
  // Mistral's client has the same fields, but spells them in camel case.
  const first = objectOf(choices[0]);
  if (first && 'finishReason' in first) return false;
  if ((stringOf(fields['object']) ?? stringOf(fields['model'])) !== undefined) return true;
  // The first chunk of Azure, on the prompt alone, has an empty model.
  return Array.isArray(fields['prompt_filter_results']);
}

/** An answer, of whose fields `choices` is known to be a list. */
export function completion(fields: Fields, { detail, content }: Wanted): ModelResponse {
  const { usage } = fields;
  const choices = fields['choices'] as unknown[];
  const model = stringOf(fields['model']);
  const provider = providerOf(markOf(fields), model, usage);
  const failure = objectOf(fields['error'] ?? objectOf(choices[0])?.['error']);
  const answer: ModelResponse = {
    provider,
    model,
    usage: tokenUsage(usage, model),
    cost: reportedCost(usage),
    tier: specialTier(fields['service_tier']),
    error: failure && errorCode(failure),
  };
  if (!detail) return answer;
  const finishReasons: string[] = [];
  for (const choice of choices) {
    const reason = stringOf(objectOf(choice)?.['finish_reason']);
    if (reason !== undefined) finishReasons.push(reason);
  }
  return {
    ...answer,
    id: stringOf(fields['id']),
    finishReasons,
    attributes: completionAttributes(provider, fields['object'], fields['service_tier'], fields['system_fingerprint']),
    output: content ? choiceMessages(choices) : undefined,
  };
}

/** Gateways answer with status 200 and a failure in it: `{ code, message }`, the code being a number or a name. */
function errorCode({ code, type }: Fields): string {
  return typeof code === 'number' ? String(code) : (stringOf(code) ?? stringOf(type) ?? ERROR_TYPE_OTHER);
}

function completionAttributes(provider: string, object: unknown, tier: unknown, fingerprint: unknown): Attributes {
  const attributes: Attributes = {};
  if (!isOpenAI(provider)) return attributes;
  if (stringOf(object)?.startsWith('chat.completion')) attributes[ATTR_OPENAI_API_TYPE] = 'chat_completions';
  if (stringOf(tier) !== undefined) attributes[ATTR_OPENAI_RESPONSE_SERVICE_TIER] = tier as string;
  if (stringOf(fingerprint) !== undefined) attributes[ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint as string;
  return attributes;
}

/**
 * Folds `chat.completion.chunk`s. The usage comes on the last one, whose `choices` are empty, or on many of them, of which
 * the last counts. Runs once a chunk: nothing is allocated, and nothing is looked up for the first choice.
 */
export class CompletionFold implements ResponseFold {
  private mark: string | undefined;
  private id: string | undefined;
  private model: string | undefined;
  private object: string | undefined;
  private tier: unknown;
  private fingerprint: unknown;
  private usage: unknown;
  private failure: Fields | undefined;
  private begun = false;
  private finishReason: string | undefined;
  /** Of the choices but the first, by their index. */
  private others: Map<number, string | undefined> | undefined;
  private readonly detail: boolean;
  private readonly content: StreamedChoices | undefined;

  constructor({ detail, content }: Wanted) {
    this.detail = detail;
    this.content = content ? new StreamedChoices() : undefined;
  }

  add(chunk: object): void {
    const fields = chunk as Fields;
    if (this.model === undefined) this.identify(fields);
    const usage = fields['usage'] ?? (this.mark === 'groq' ? objectOf(fields['x_groq'])?.['usage'] : undefined);
    if (typeof usage === 'object' && usage !== null) this.usage = usage;
    if (fields['error']) this.failure = objectOf(fields['error']);
    if (fields['service_tier']) this.tier = fields['service_tier'];
    if (!this.detail) return;
    if (fields['system_fingerprint']) this.fingerprint = fields['system_fingerprint'];
    const choices = fields['choices'];
    if (!Array.isArray(choices)) return;
    for (let at = 0; at < choices.length; at++) {
      const choice = choices[at];
      if (typeof choice === 'object' && choice !== null) this.addChoice(choice);
    }
  }

  private identify(fields: Fields): void {
    this.model = stringOf(fields['model']);
    this.id ??= stringOf(fields['id']);
    this.object ??= stringOf(fields['object']);
    this.mark ??= markOf(fields);
  }

  private addChoice(choice: Fields): void {
    const reason = choice['finish_reason'];
    const index = choice['index'];
    if (index === 0) {
      this.begun = true;
      if (typeof reason === 'string' && reason !== '') this.finishReason = reason;
    } else this.addOther(countOf(index) ?? 0, stringOf(reason));
    this.content?.add(countOf(index) ?? 0, choice);
  }

  private addOther(index: number, reason: string | undefined): void {
    if (index === 0) {
      this.begun = true;
      this.finishReason = reason ?? this.finishReason;
      return;
    }
    this.others ??= new Map();
    this.others.set(index, reason ?? this.others.get(index));
  }

  response(): ModelResponse {
    const { model, usage } = this;
    const provider = providerOf(this.mark, model, usage);
    const answer: ModelResponse = {
      provider,
      model,
      usage: tokenUsage(usage, model),
      cost: reportedCost(usage),
      tier: specialTier(this.tier),
      error: this.failure && errorCode(this.failure),
    };
    if (!this.detail) return answer;
    const reasons = this.reasons();
    return {
      ...answer,
      id: this.id,
      finishReasons: [...reasons.values()],
      attributes: completionAttributes(provider, this.object, this.tier, this.fingerprint),
      output: this.content?.messages(reasons),
    };
  }

  /** By the index of the choice, in order; `error` where it was cut off. */
  private reasons(): Map<number, string> {
    const reasons = new Map<number, string>();
    if (this.begun) reasons.set(0, this.finishReason ?? FINISH_REASON_ERROR);
    for (const [index, reason] of [...(this.others ?? [])].sort(([left], [right]) => left - right)) {
      reasons.set(index, reason ?? FINISH_REASON_ERROR);
    }
    return reasons;
  }
}
