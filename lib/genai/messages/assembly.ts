import { type Message, type Part, parsed } from './message.js';

interface Open {
  type: 'text' | 'reasoning' | 'tool_call';
  text: string[];
  name?: string;
  id?: string;
}

/** Puts the pieces of a streamed answer together. Only made while content is captured. */
export class Assembly {
  /** By choice, then by the position of the part within it. */
  private readonly choices = new Map<number, Map<string, Open>>();
  private readonly complete = new Map<number, Part[]>();

  /**
   * @param choice index of the choice
   * @param at identifies the part within the choice; pieces of one part share it
   */
  add(choice: number, at: string | number, type: 'text' | 'reasoning', piece: unknown): void {
    if (typeof piece === 'string' && piece !== '') this.open(choice, at, type).text.push(piece);
  }

  /** A tool call, or more of one; `piece` is a piece of the JSON of its arguments. */
  addToolCall(choice: number, at: string | number, call: { name?: unknown; id?: unknown; piece?: unknown }): void {
    const part = this.open(choice, `tool ${at}`, 'tool_call');
    if (typeof call.name === 'string') part.name ??= call.name;
    if (typeof call.id === 'string') part.id ??= call.id;
    if (typeof call.piece === 'string') part.text.push(call.piece);
  }

  /** A part that came in one piece. */
  addPart(choice: number, part: Part): void {
    const parts = this.complete.get(choice) ?? [];
    this.complete.set(choice, parts);
    parts.push(part);
  }

  private open(choice: number, at: string | number, type: Open['type']): Open {
    let parts = this.choices.get(choice);
    if (!parts) {
      parts = new Map();
      this.choices.set(choice, parts);
    }
    const key = `${type} ${at}`;
    let part = parts.get(key);
    if (!part) {
      part = { type, text: [] };
      parts.set(key, part);
    }
    return part;
  }

  /**
   * One message per choice.
   *
   * @param finishReasons by choice
   */
  messages(finishReasons: readonly (string | undefined)[] = []): Message[] {
    const indexes = [...new Set([...this.choices.keys(), ...this.complete.keys()])].sort((a, b) => a - b);
    return indexes.map((index) => {
      const parts = [...(this.choices.get(index)?.values() ?? [])].map(closed);
      const finishReason = finishReasons[index];
      return {
        role: 'assistant',
        parts: [...parts, ...(this.complete.get(index) ?? [])],
        ...(finishReason === undefined ? undefined : { finish_reason: finishReason }),
      };
    });
  }
}

function closed({ type, text, name, id }: Open): Part {
  const content = text.join('');
  if (type !== 'tool_call') return { type, content };
  return {
    type,
    name: name ?? '',
    ...(id === undefined ? undefined : { id }),
    ...(content === '' ? undefined : { arguments: parsed(content) }),
  };
}
