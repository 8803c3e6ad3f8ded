import type { ContentField } from '../settings.js';
import { marked, unmarked } from './content-mark.js';
import { isSchemaWord, leavesSchema, type Plain } from './content-plain.js';

/** So much of each text is kept before whole messages are dropped. */
const LEAST_TEXT = 120;

/**
 * `value` in at most `most` characters of JSON, in the same schema: the longest texts are cut first, then the oldest items
 * of a list are dropped, then members of what is left. Changes `value` in place where that is possible.
 */
export function cutTo(field: ContentField, value: Plain, most: number): Plain {
  const whole = new Sized(field, value);
  if (whole.json <= most || whole.cutTexts(most, LEAST_TEXT)) return whole.value;
  if (!Array.isArray(value)) return whole.cutTexts(most, 0) ? whole.value : pruned(value, most);
  const items = value.map((item) => new Sized(field, item));
  let kept = items.length;
  // The brackets, less the comma that the last item does not have.
  let size = 1;
  while (kept > 0 && size + (items[kept - 1] as Sized).least(LEAST_TEXT) + 1 <= most) {
    kept -= 1;
    size += (items[kept] as Sized).least(LEAST_TEXT) + 1;
  }
  const rest = new Sized(field, value.slice(Math.min(kept, value.length - 1)));
  return rest.json <= most || rest.cutTexts(most, LEAST_TEXT) || rest.cutTexts(most, 0)
    ? rest.value
    : pruned(rest.value, most);
}

interface Leaf {
  readonly text: string;
  /** Characters as JSON, quotes included. */
  readonly json: number;
  set(text: string): void;
}

/** A value, its size as JSON, and the texts in it that may be cut. */
class Sized {
  readonly json: number;
  private readonly leaves: Leaf[] = [];
  private root: { value: Plain };

  constructor(
    private readonly field: ContentField,
    value: Plain,
  ) {
    this.json = JSON.stringify(value).length;
    this.root = { value };
    this.collect(this.root as unknown as Record<string, Plain>, 'value', '', false);
  }

  get value(): Plain {
    return this.root.value;
  }

  /** Characters of JSON that are left when each text is cut to `text` characters. */
  least(text: number): number {
    return this.leaves.reduce((size, leaf) => size - leaf.json + leastOf(leaf, text), this.json);
  }

  /** Cuts the longest texts, all to the same length; not at all where `least` characters of each are too many. */
  cutTexts(most: number, least: number): boolean {
    if (this.least(least) > most) return false;
    const cap = this.level(most);
    for (const leaf of this.leaves) {
      if (leaf.json > cap) leaf.set(cutText(leaf.text, cap));
    }
    return JSON.stringify(this.value).length <= most;
  }

  /** The size to which the largest texts have to come down. */
  private level(most: number): number {
    const sizes = this.leaves.map(({ json }) => json).sort((a, b) => a - b);
    let room = most - sizes.reduce((size, json) => size - json, this.json);
    for (const [i, size] of sizes.entries()) {
      const share = Math.floor(room / (sizes.length - i));
      if (size > share) return share;
      room -= size;
    }
    return Number.POSITIVE_INFINITY;
  }

  private collect(holder: Record<string, Plain>, key: string, name: string, isFree: boolean): void {
    const value = holder[key] as Plain;
    if (typeof value === 'string') {
      if (isSchemaWord(this.field, name, isFree) && value.length <= 64) return;
      const set = (text: string): void => {
        holder[key] = text;
      };
      this.leaves.push({ text: value, json: JSON.stringify(value).length, set });
    } else if (typeof value === 'object' && value !== null) {
      const isList = Array.isArray(value);
      for (const member of Object.keys(value)) {
        const inner = isList ? name : member;
        this.collect(value as Record<string, Plain>, member, inner, isFree || leavesSchema(inner));
      }
    }
  }
}

/** A text that was cut when it was read counts with its full length, so that it is cut before newer ones are. */
function leastOf(leaf: Leaf, text: number): number {
  const least = text + markOf(leaf.text.length).length + 2;
  return unmarked(leaf.text).missing > 0 ? least : Math.min(leaf.json, least);
}

function markOf(missing: number): string {
  return marked('', missing);
}

/** `text` in at most `most` characters of JSON, if that is enough for the mark. */
function cutText(text: string, most: number): string {
  const { kept: whole, missing } = unmarked(text);
  let kept = Math.max(0, Math.min(whole.length, most - 2 - markOf(missing + whole.length).length));
  for (;;) {
    const cut = marked(whole.slice(0, kept), missing + whole.length - kept);
    const excess = JSON.stringify(cut).length - most;
    if (excess <= 0 || kept === 0) return cut;
    // An escape is six characters long at most.
    kept = Math.max(0, kept - Math.max(1, Math.ceil(excess / 6)));
  }
}

/** As much of `value` as has room, when cutting texts was not enough: members and items in their order, small ones first. */
function pruned(value: Plain, most: number): Plain {
  if (JSON.stringify(value).length <= most) return value;
  if (typeof value === 'string') {
    const cut = cutText(value, most);
    return JSON.stringify(cut).length <= most ? cut : '';
  }
  if (typeof value !== 'object' || value === null) return value;
  let room = most - 2;
  if (Array.isArray(value)) {
    const items: Plain[] = [];
    for (const item of value) {
      const part = pruned(item, room - 1);
      const size = JSON.stringify(part).length + 1;
      if (size > room) break;
      items.push(part);
      room -= size;
    }
    return items;
  }
  const sized = Object.entries(value).map(([name, member]) => ({ name, member, json: JSON.stringify(member).length }));
  const kept: { [name: string]: Plain } = {};
  for (const { name, member } of sized.sort((a, b) => a.json - b.json)) {
    const lead = JSON.stringify(name).length + 2;
    const part = pruned(member, room - lead);
    const size = JSON.stringify(part).length + lead;
    if (size > room) continue;
    kept[name] = part;
    room -= size;
  }
  return kept;
}
