/** Letters and digits of the pieces that texts are compared by. */
export const PIECE = 10;

const { imul } = Math;
const FIRST_BASE = 0x01000193;
const SECOND_BASE = 0x5bd1e995;
const FIRST_POWER = powerOf(FIRST_BASE);
const SECOND_POWER = powerOf(SECOND_BASE);

/** The base to the power of a piece's length, in 32 bits. */
function powerOf(base: number): number {
  let power = 1;
  for (let i = 0; i < PIECE; i++) power = imul(power, base);
  return power;
}

/** Two rolling hashes of each piece: one alone would take some foreign piece for a repeated one. */
export function eachPiece(units: Uint16Array, use: (first: number, second: number, at: number) => void): void {
  let first = 0;
  let second = 0;
  for (let at = 0; at < units.length; at++) {
    const code = (units[at] as number) + 1;
    first = (imul(first, FIRST_BASE) + code) | 0;
    second = (imul(second, SECOND_BASE) + code) | 0;
    if (at >= PIECE) {
      const gone = (units[at - PIECE] as number) + 1;
      first = (first - imul(gone, FIRST_POWER)) | 0;
      second = (second - imul(gone, SECOND_POWER)) | 0;
    }
    if (at >= PIECE - 1) use(first, second, at - PIECE + 1);
  }
}

/** Both hashes in one number. */
export function joined(first: number, second: number): number {
  return (first >>> 0) * 2 ** 20 + (second >>> 12);
}
