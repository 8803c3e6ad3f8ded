import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** A piece of a markdown file, small enough to embed and to quote. */
export interface Passage {
  /** Path under the indexed folder, with forward slashes. */
  file: string;
  /** The headings above the text, outermost first: `Options › retries`. */
  heading: string;
  text: string;
}

/** Files that say nothing about how to use a package, and translations of a readme. */
const UNINTERESTING =
  /(^|\/)((change|licen[sc]e|history|contribut|code_of_conduct|security)[^/]*|readme[._-][a-z-]{2,5})\.md$/i;
/** Copies of a package nested in another one would only repeat its documentation. */
const NESTED = /(^|\/)node_modules\//;
const UNINTERESTING_SECTION =
  /^(licen[sc]e|contribut|credits|acknowledge|benchmark|related|see also|sponsors|tests?$|install)/i;
const MAX_FILE_BYTES = 100_000;
const MAX_PASSAGE_CHARS = 1_200;
const MIN_PASSAGE_CHARS = 120;

/** Reads the markdown files below `root` and cuts them into passages, each distinct text once. */
export async function readPassages(root: string): Promise<Passage[]> {
  const names = (await readdir(root, { recursive: true })).map((name) => name.replaceAll(path.sep, '/'));
  const files = names.filter((name) => name.endsWith('.md') && !UNINTERESTING.test(name) && !NESTED.test(name)).sort();
  const distinct = new Map<string, Passage>();
  for (const file of files) {
    const location = path.join(root, file);
    const { size } = await stat(location);
    if (size > MAX_FILE_BYTES) continue;
    for (const passage of splitMarkdown(file, await readFile(location, 'utf8'))) {
      if (!distinct.has(passage.text)) distinct.set(passage.text, passage);
    }
  }
  return [...distinct.values()];
}

/** One passage per section; a long section becomes several, cut between paragraphs. */
export function splitMarkdown(file: string, markdown: string): Passage[] {
  const passages: Passage[] = [];
  const headings: string[] = [];
  let paragraphs: string[] = [];

  const flush = () => {
    const heading = headings.filter(Boolean).join(' › ');
    const texts = UNINTERESTING_SECTION.test(headings.at(-1) ?? '') ? [] : pack(paragraphs);
    for (const text of texts) {
      if (text.length >= MIN_PASSAGE_CHARS) passages.push({ file, heading, text });
    }
    paragraphs = [];
  };

  for (const block of blocks(markdown)) {
    const heading = /^(#{1,6})\s+(.+?)\s*#*$/.exec(block);
    if (!heading?.[1] || !heading[2]) {
      paragraphs.push(block);
      continue;
    }
    flush();
    const level = heading[1].length;
    headings.length = Math.min(headings.length, level - 1);
    headings[level - 1] = plain(heading[2]);
  }
  flush();
  return passages;
}

/** Headings, paragraphs and fenced code, in order. A `#` inside a fence is code, not a heading. */
function* blocks(markdown: string): Generator<string> {
  let lines: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.replace(/<!--[\s\S]*?-->/g, '').split(/\r?\n/)) {
    const marker = /^\s*(```|~~~)/.exec(line)?.[1];
    const heading = !fence && /^#{1,6}\s/.test(line);
    if (heading || (!fence && !line.trim())) {
      if (lines.length) yield lines.join('\n');
      lines = [];
      if (heading) yield line;
      continue;
    }
    lines.push(fence || marker ? line : plain(line));
    if (marker) fence = fence ? (marker === fence ? undefined : fence) : marker;
  }
  if (lines.length) yield lines.join('\n');
}

/** Text without badges, link targets and tags, which would only add noise to the vectors. */
function plain(line: string): string {
  return line
    .replace(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])/g, '')
    .replace(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replace(/<\/?[a-z][^>]*>/gi, '')
    .trimEnd();
}

/** Joins paragraphs up to the size of a passage. */
function pack(paragraphs: string[]): string[] {
  const texts: string[] = [];
  let text = '';
  for (const paragraph of paragraphs) {
    if (text && text.length + paragraph.length > MAX_PASSAGE_CHARS) {
      texts.push(text);
      text = '';
    }
    text = text ? `${text}\n\n${paragraph}` : paragraph.slice(0, 2 * MAX_PASSAGE_CHARS);
  }
  return text ? [...texts, text] : texts;
}
