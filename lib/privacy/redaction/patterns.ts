import type { RedactionSet } from '../../settings.js';
import { emails, internetAddresses } from './addresses.js';
import { assignments } from './assignments.js';
import type { Masker } from './boundary.js';
import { authorizations, privateKeys, urlPasswords } from './credentials.js';
import { cards, ibans, phones, socialSecurityNumbers } from './numbers.js';
import { inLongWords, inNumbers, type NumberMasker } from './runs.js';
import { vendorTokens, webhooks, webTokens } from './vendor-tokens.js';

interface SetOfPatterns {
  readonly of: RedactionSet;
  /** Each sees the whole text. What holds other things comes first, what resembles most things last. */
  readonly whole?: readonly Masker[];
  readonly words?: readonly Masker[];
  readonly numbers?: NumberMasker;
}

const SETS: readonly SetOfPatterns[] = [
  { of: 'jwt', words: [webTokens] },
  { of: 'secret', words: [webhooks, vendorTokens] },
  { of: 'secret', whole: [authorizations, assignments] },
  { of: 'email', whole: [emails] },
  { of: 'iban', whole: [ibans] },
  { of: 'ip', whole: [internetAddresses] },
  { of: 'card', numbers: cards },
  { of: 'ssn', numbers: socialSecurityNumbers },
  { of: 'phone', numbers: phones },
];

let chosen: { readonly sets: readonly RedactionSet[]; readonly maskers: readonly Masker[] } | undefined;

/** What masks the given sets, in order. */
export function maskersOf(sets: readonly RedactionSet[]): readonly Masker[] {
  if (chosen?.sets !== sets) {
    const on = SETS.filter((set) => sets.includes(set.of));
    const words = on.flatMap((set) => set.words ?? []);
    const numbers = on.flatMap((set) => set.numbers ?? []);
    const maskers = [
      ...(sets.includes('secret') ? [privateKeys, urlPasswords] : []),
      ...(words.length > 0 ? [inLongWords(words)] : []),
      ...on.flatMap((set) => set.whole ?? []),
      ...(numbers.length > 0 ? [inNumbers(numbers)] : []),
    ];
    chosen = { sets, maskers };
  }
  return chosen.maskers;
}
