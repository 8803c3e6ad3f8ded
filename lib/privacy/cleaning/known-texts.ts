import { settings } from '../../settings.js';

/** A power of two. */
const PLACES = 2048;
const LONGEST_TEXT = 1024;

interface Known {
  readonly sort: string;
  readonly system: string | undefined;
  readonly text: string;
  readonly cleaned: string;
}

/**
 * What texts became when they were cleaned: hosts, browsers and prepared statements come again with every span. Each text has two
 * places in a table of fixed size, so that those that never come again cost little. Where the app has a redactor of its own,
 * which may answer differently each time, nothing is remembered.
 */
export class KnownTexts {
  #of: unknown;
  #places: (Known | undefined)[] = [];

  /**
   * @param sort of text: each sort is cleaned in its own way
   * @param system the database that it is for: SQL differs from one to the next
   */
  cleaned(sort: string, system: string | undefined, text: string, clean: () => string): string {
    const { redact, redactor } = settings();
    if (redactor !== undefined || text.length > LONGEST_TEXT) return clean();
    if (this.#of !== redact) {
      this.#of = redact;
      this.#places = new Array(PLACES).fill(undefined);
    }
    const place = placeOf(text);
    const isIt = (known: Known | undefined) =>
      known !== undefined && known.text === text && known.sort === sort && known.system === system;
    const first = this.#places[place];
    if (isIt(first)) return (first as Known).cleaned;
    const second = this.#places[place ^ 1];
    if (isIt(second)) return (second as Known).cleaned;
    const cleaned = clean();
    this.#places[place ^ 1] = first;
    this.#places[place] = { sort, system, text, cleaned };
    return cleaned;
  }
}

function placeOf(text: string): number {
  let hash = text.length;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash, 31) + text.charCodeAt(at);
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}
