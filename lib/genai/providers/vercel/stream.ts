import type { Attributes } from '@opentelemetry/api';
import type { ModelResponse, ResponseFold, TokenUsage } from '../../answer.js';
import type { Message } from '../../messages/message.js';
import { added } from '../../reconcile.js';
import { ATTR_ANNOTEL_STREAM_END, ERROR_TYPE_OTHER, FINISH_REASON_ERROR } from '../../semconv.js';
import { objectOf, stringOf } from '../../shape.js';
import { stepMessages } from './messages.js';
import { ending, finishReason, tokenUsage } from './step.js';

type Fields = Readonly<Record<string, unknown>>;

const STREAM_PARTS = new Set<unknown>([
  ...['start', 'start-step', 'finish-step', 'text-start', 'text-delta', 'reasoning-start', 'reasoning-delta'],
  ...['tool-input-start', 'abort', 'object'],
]);

/** Whether a chunk is a part of a stream of the SDK, and says so by its type. */
export function isStreamPart({ type, id, object, textDelta }: Fields): boolean {
  if (!STREAM_PARTS.has(type)) return false;
  if (type === 'object') return object !== undefined;
  return type !== 'text-delta' || typeof id === 'string' || typeof textDelta === 'string';
}

/** Folds the parts of a stream. Each step has its usage, and the last part that of all steps. */
export class PartsFold implements ResponseFold {
  private readonly content: PartsContent | undefined;
  private step: Fields | undefined;
  private last: Fields | undefined;
  private usage: TokenUsage | undefined;
  /** Whether a step used more than it says, which the sum of all does not say either. */
  private corrected = false;
  private tier: string | undefined;
  private failure: string | undefined;
  private aborted = false;

  constructor(content: boolean) {
    this.content = content ? new PartsContent() : undefined;
  }

  add(chunk: object): void {
    const part = chunk as Fields;
    switch (part['type']) {
      case 'finish-step':
        this.step = part;
        this.tier ??= ending(part).tier;
        this.addStep(part);
        this.content?.endStep(finishReason(part));
        break;
      case 'finish':
        this.last = part;
        if (part['finishReason'] !== 'error') this.failure = undefined;
        if (!this.corrected) this.addTotal(part);
        break;
      case 'error':
        this.failure = errorCode(part['error']);
        break;
      case 'abort':
        this.aborted = true;
        break;
      default:
        this.content?.add(part);
    }
  }

  private addStep({ usage, providerMetadata }: Fields): void {
    const used = tokenUsage(usage, providerMetadata);
    this.corrected ||= used?.inputTokens !== tokenUsage(usage)?.inputTokens;
    this.usage = added(this.usage, used);
  }

  /** The total does not say how long cached tokens are kept. */
  private addTotal({ totalUsage, usage, providerMetadata }: Fields): void {
    const total = tokenUsage(totalUsage ?? usage, providerMetadata);
    const cacheWriteHourTokens = this.usage?.cacheWriteHourTokens ?? total?.cacheWriteHourTokens;
    if (total) this.usage = { ...total, cacheWriteHourTokens };
  }

  response(): ModelResponse {
    const { step, last, usage, content } = this;
    const ended = { ...ending(step ?? {}), ...(last && !step ? ending(last) : undefined) };
    const finished = last && finishReason(last);
    const attributes: Attributes = { ...ended.attributes };
    if (this.aborted) attributes[ATTR_ANNOTEL_STREAM_END] = 'stopped';
    return {
      ...ended,
      finishReasons: [finished ?? FINISH_REASON_ERROR],
      error: this.failure ?? (last ? ended.error : undefined),
      usage,
      tier: this.tier ?? ended.tier,
      attributes,
      output: content?.messages(finished ?? FINISH_REASON_ERROR),
    };
  }
}

function errorCode(error: unknown): string {
  const fields = objectOf(error);
  const name = stringOf(fields?.['name']);
  return stringOf(fields?.['code']) ?? (name === 'Error' ? undefined : name) ?? ERROR_TYPE_OTHER;
}

// --- content -----------------------------------------------------------------------------------------------------------

interface Open {
  readonly type: string;
  readonly pieces: string[];
  readonly fields: Fields;
}

/** Puts together what the parts of a stream say. Only made while content is captured. */
class PartsContent {
  private readonly done: Message[] = [];
  private content = new Map<string, Open | Fields>();

  add(part: Fields): void {
    switch (part['type']) {
      case 'text-delta':
        this.piece('text', part['id'], part['text'] ?? part['textDelta'] ?? part['delta']);
        break;
      case 'reasoning-delta':
        this.piece('reasoning', part['id'], part['text'] ?? part['delta']);
        break;
      case 'tool-input-start':
        this.content.set(`call ${part['id']}`, { type: 'tool-call', pieces: [], fields: part });
        break;
      case 'tool-input-delta':
        this.piece('call', part['id'], part['delta']);
        break;
      case 'tool-call':
        this.content.set(`call ${part['toolCallId']}`, part);
        break;
      case 'tool-result':
        if (!part['preliminary']) this.content.set(`result ${part['toolCallId']}`, part);
        break;
      case 'tool-error':
        this.content.set(`result ${part['toolCallId']}`, part);
        break;
      case 'file':
      case 'reasoning-file':
        this.content.set(`file ${this.content.size}`, part);
        break;
    }
  }

  private piece(kind: string, id: unknown, piece: unknown): void {
    if (typeof piece !== 'string') return;
    const key = `${kind} ${id}`;
    const open = this.content.get(key);
    if (open && 'pieces' in open) (open as Open).pieces.push(piece);
    else if (!open) this.content.set(key, { type: kind, pieces: [piece], fields: {} });
  }

  endStep(finishReason: string | undefined): void {
    if (this.content.size === 0) return;
    this.done.push(...stepMessages([...this.content.values()].map(closed), finishReason));
    this.content = new Map();
  }

  /** @param finishReason of what has not ended yet */
  messages(finishReason: string): Message[] {
    this.endStep(finishReason);
    return this.done;
  }
}

/** Pieces of one part as the part that they make; the arguments of a call that was cut off stay the text they are. */
function closed(part: Open | Fields): Fields {
  if (!('pieces' in part)) return part;
  const { type, pieces, fields } = part as Open;
  const text = pieces.join('');
  return type === 'tool-call'
    ? { type, toolCallId: fields['id'], toolName: fields['toolName'], input: text || undefined }
    : { type, text };
}
