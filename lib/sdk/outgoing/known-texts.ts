import { settings } from '../../settings.js';

const MOST_TEXTS = 1000;
const LONGEST_TEXT = 1024;

/**
 * What texts became when they were cleaned: hosts, routes and prepared statements come again with every span. Bounded; where
 * the app has a redactor of its own, which may answer differently each time, nothing is remembered.
 */
export class KnownTexts {
  #of: unknown;
  #recent = new Map<string, Map<string, string>>();
  #older = new Map<string, Map<string, string>>();
  #size = 0;

  /** @param sort of text: each sort is cleaned in its own way */
  cleaned(sort: string, text: string, clean: () => string): string {
    const { redact, redactor } = settings();
    if (redactor !== undefined || text.length > LONGEST_TEXT) return clean();
    if (this.#of !== redact) this.#forget(redact);
    const known = this.#recent.get(sort)?.get(text);
    if (known !== undefined) return known;
    const cleaned = this.#older.get(sort)?.get(text) ?? clean();
    this.#remember(sort, text, cleaned);
    return cleaned;
  }

  #remember(sort: string, text: string, cleaned: string): void {
    if (this.#size >= MOST_TEXTS) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#size = 0;
    }
    const ofSort = this.#recent.get(sort);
    if (ofSort) ofSort.set(text, cleaned);
    else this.#recent.set(sort, new Map([[text, cleaned]]));
    this.#size += 1;
  }

  #forget(redact: unknown): void {
    this.#of = redact;
    this.#recent.clear();
    this.#older.clear();
    this.#size = 0;
  }
}
