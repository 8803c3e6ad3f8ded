import type { RedactionSet } from '../../settings.js';
import { emails, ipv4, ipv6 } from './addresses.js';
import { assignments } from './assignments.js';
import type { Masker } from './boundary.js';
import { AT, BLANK, COLON, DASH, DIGIT, DOT, EQUALS, PERCENT } from './characters.js';
import { authorizationHeaders, authorizations, privateKeys, signatures, urlPasswords } from './credentials.js';
import { cards, ibans, phones, SHORTEST_IBAN, socialSecurityNumbers } from './numbers.js';
import { inLongWords, inNumbers, LEAST_WORD, type NumberMasker } from './runs.js';
import { vendorTokens, webhooks, webTokens } from './vendor-tokens.js';

/** A masker that finds nothing in a text without one of certain sorts of characters, or in a shorter one. */
export interface Pattern {
  readonly mask: Masker;
  /** See `characters.ts`; `undefined`: any will do. */
  readonly needs?: number;
  readonly shortest?: number;
}

interface SetOfPatterns {
  readonly of: RedactionSet;
  /** Each sees the whole text. What holds other things comes first, what resembles most things last. */
  readonly whole?: readonly Pattern[];
  readonly words?: readonly Masker[];
  readonly numbers?: NumberMasker;
}

const SETS: readonly SetOfPatterns[] = [
  { of: 'jwt', words: [webTokens] },
  { of: 'secret', words: [webhooks, vendorTokens] },
  {
    of: 'secret',
    whole: [
      { mask: authorizations, needs: BLANK },
      { mask: authorizationHeaders, needs: COLON | EQUALS },
      { mask: signatures, needs: EQUALS },
      { mask: assignments, needs: BLANK | COLON | EQUALS | PERCENT },
    ],
  },
  { of: 'email', whole: [{ mask: emails, needs: AT | PERCENT }] },
  { of: 'iban', whole: [{ mask: ibans, needs: DIGIT, shortest: SHORTEST_IBAN }] },
  {
    of: 'ip',
    whole: [
      { mask: ipv6, needs: COLON },
      { mask: ipv4, needs: DOT },
    ],
  },
  { of: 'card', numbers: cards },
  { of: 'ssn', numbers: socialSecurityNumbers },
  { of: 'phone', numbers: phones },
];

let chosen: { readonly sets: readonly RedactionSet[]; readonly patterns: readonly Pattern[] } | undefined;

/** What masks the given sets, in order. */
export function patternsOf(sets: readonly RedactionSet[]): readonly Pattern[] {
  if (chosen?.sets !== sets) {
    const on = SETS.filter((set) => sets.includes(set.of));
    const words = on.flatMap((set) => set.words ?? []);
    const numbers = on.flatMap((set) => set.numbers ?? []);
    const patterns: Pattern[] = [
      ...(sets.includes('secret')
        ? [
            { mask: privateKeys, needs: DASH },
            { mask: urlPasswords, needs: AT },
          ]
        : []),
      ...(words.length > 0 ? [{ mask: inLongWords(words), shortest: LEAST_WORD }] : []),
      ...on.flatMap((set) => set.whole ?? []),
      ...(numbers.length > 0 ? [{ mask: inNumbers(numbers), needs: DIGIT }] : []),
    ];
    chosen = { sets, patterns };
  }
  return chosen.patterns;
}
