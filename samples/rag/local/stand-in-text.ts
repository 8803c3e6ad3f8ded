/** What the stand-in provider knows about language: word counts. Good enough to find and quote documentation. */

const STOP_WORDS = new Set(
  `a about after all also an and any are as at be because been before but by can cannot could did do does doing for from
  get had has have having he her how i if in into is it its just like make may me more most must my need no not of on
  one only or other our out over own same she should so some such tell than that the their them then there these they
  this those through to too under up use used using very was we were what when where which while who why will with would
  you your e g etc via`.split(/\s+/),
);

/** Words as they are compared: lower case, without stop words and the commonest endings. */
export function words(text: string): string[] {
  const found = text.toLowerCase().match(/[a-z][a-z0-9]*|\d+/g) ?? [];
  return found.filter((word) => !STOP_WORDS.has(word)).map(stem);
}

function stem(word: string): string {
  if (word.length > 5 && word.endsWith('ing')) return word.slice(0, -3);
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && word.endsWith('ed')) return word.slice(0, -2);
  if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss'))
    return word.slice(0, -1).replace(/(?<=.{3})e$/, '');
  return word.replace(/(?<=.{3})e$/, '');
}

/** A unit vector of hashed words and word pairs: texts that share words point in similar directions. */
export function embed(text: string, dimensions: number): Float32Array {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  const found = words(text);
  found.forEach((word, index) => {
    add(word);
    if (index > 0) add(`${found[index - 1]} ${word}`);
  });

  const vector = new Float32Array(dimensions);
  for (const [term, count] of counts) {
    const hashed = hash(term);
    // A sign per term lets collisions cancel out instead of piling up.
    const weight = (1 + Math.log(count)) * (term.includes(' ') ? 0.7 : 1) * (hashed & 1 ? 1 : -1);
    const slot = (hashed >>> 1) % dimensions;
    vector[slot] = (vector[slot] ?? 0) + weight;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** FNV-1a, finished with a mixing step: the low bits of the plain hash are too regular to pick slots with. */
function hash(term: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < term.length; index++) value = Math.imul(value ^ term.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** About four characters make a token of English text. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

interface Sentence {
  text: string;
  passage: string;
  terms: Set<string>;
}

/** Answers with the sentences of the passages that share most with the question, each with the number of its passage. */
export function extractAnswer(prompt: string): string {
  const { passages, question } = readPrompt(prompt);
  const sentences = passages.flatMap(sentencesOf);
  const asked = [...new Set(words(question))];
  const weight = new Map(asked.map((term) => [term, rarity(term, sentences)]));

  const scored = sentences.map((sentence, position) => {
    const shared = asked
      .filter((term) => sentence.terms.has(term))
      .reduce((sum, term) => sum + (weight.get(term) ?? 0), 0);
    return { sentence, position, score: shared / Math.log2(12 + sentence.terms.size) };
  });
  const best = Math.max(0, ...scored.map(({ score }) => score));
  if (best === 0) return 'The passages do not answer this question.';
  return scored
    .filter(({ score }) => score >= best * 0.6)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .sort((a, b) => a.position - b.position)
    .map(({ sentence }) => `${sentence.text} [${sentence.passage}]`)
    .join(' ');
}

/** The passages are numbered blocks, `[1] source`, and the question comes last. */
function readPrompt(prompt: string): {
  passages: { number: string; source: string; text: string }[];
  question: string;
} {
  const [context = '', question = ''] = prompt.split(/^Question:/m);
  const passages = context.split(/^(?=\[\d+\] )/m).map((block) => {
    const [, number = '', source = '', text = ''] = /^\[(\d+)\] (.*)\n([\s\S]*)/.exec(block) ?? [];
    return { number, source, text };
  });
  return { passages, question };
}

function sentencesOf(passage: { number: string; source: string; text: string }): Sentence[] {
  const prose = passage.text.replace(/^\s*(```|~~~)[\s\S]*?^\s*\1.*$/gm, '\n\n');
  const lines = prose.split(/\n\s*\n|\n(?=\s*(?:[-*+|>]|\d+\.)\s)/).filter(Boolean);
  const texts = lines.flatMap((line) =>
    line
      .replace(/\s+/g, ' ')
      .trim()
      .split(/(?<=[.!?])\s+(?=[A-Z`'"])/),
  );
  return texts
    .map((text) => text.replace(/^([-*+>]|\d+\.)\s+/, '').trim())
    .filter((text) => text.length > 25 && !text.startsWith('|') && !/[:,]$/.test(text))
    .map((text) => ({ text, passage: passage.number, terms: new Set(words(`${passage.source} ${text}`)) }));
}

/** A word of the question that stands in few sentences says more than one that stands in all. */
function rarity(term: string, sentences: Sentence[]): number {
  const count = sentences.filter((sentence) => sentence.terms.has(term)).length;
  return Math.log((1 + sentences.length) / (0.5 + count));
}
