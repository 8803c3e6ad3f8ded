import { stripVTControlCharacters } from 'node:util';

/** What Azure Monitor takes of a message, and more than anybody reads. */
const LONGEST = 32_768;

/** A text as the body of a record: without the colours of a terminal, and of bounded length. */
export function logText(text: string): string {
  const plain = text.includes('\u001b') || text.includes('\u009b') ? stripVTControlCharacters(text) : text;
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
