/** How a text says that it was cut, at its end. */
const MARK = /…\[cut, (\d+) characters\]$/;

/** A text that was cut: what is kept, and how many characters are missing. */
export function marked(kept: string, missing: number): string {
  return `${wellFormed(kept)}…[cut, ${missing} characters]`;
}

/** A text as it was marked; nothing is missing where it was not. */
export function unmarked(text: string): { kept: string; missing: number } {
  const mark = MARK.exec(text);
  return mark ? { kept: text.slice(0, mark.index), missing: Number(mark[1]) } : { kept: text, missing: 0 };
}

/** Without half of a surrogate pair at the end, which is not valid Unicode. */
function wellFormed(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
