import { type Masker, masker, START } from './boundary.js';
import type { NumberMasker } from './runs.js';

const SEPARATOR = '[ .\\u00a0-]';

// --- payment cards ---------------------------------------------------------------------------------------------------
const CARD = new RegExp(
  `${START}(?<!\\+|\\d[.-])(?:\\d{13,19}|\\d{4}(${SEPARATOR})\\d{4}\\1\\d{4}\\1\\d{1,7}|\\d{4}(${SEPARATOR})\\d{6}\\2\\d{4,5})(?![A-Za-z0-9]|[.-]\\d)`,
  'g',
);
/** First digits and lengths of the networks' numbers; a random number passes Luhn's check once in ten times. */
const NETWORKS: [start: RegExp, lengths: readonly number[]][] = [
  [/^4/, [13, 16, 18, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65|62|81)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|36|3[89])/, [14, 16, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^(?:50[0-9]|5[6-8]|63|67)/, [13, 15, 16, 18, 19]],
];

const cardNumbers = masker(CARD, '[CARD]', (match) => {
  const digits = match.replace(/\D/g, '');
  return NETWORKS.some(([start, lengths]) => start.test(digits) && lengths.includes(digits.length)) && luhn(digits);
});

export const cards: NumberMasker = { mask: cardNumbers };

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

// --- international bank account numbers ------------------------------------------------------------------------------
/** Of Norway, `NO`. */
export const SHORTEST_IBAN = 15;
/** From its check digits on; a pattern that began with letters would stop at every word. */
const IBAN = new RegExp(`\\d{2}(?<=${START}[A-Za-z]{2}\\d{2})(?:[ \\u00a0]?[A-Za-z0-9]){11,30}`, 'g');
/** Lengths by country, from the IBAN registry of SWIFT. */
const IBAN_LENGTHS =
  'AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30';

export const ibans: Masker = (text, counter) => {
  let masked = '';
  let done = 0;
  IBAN.lastIndex = 0;
  for (let digits = IBAN.exec(text); digits; digits = IBAN.exec(text)) {
    const start = digits.index - 2;
    const end = ibanEnd(text.slice(start, IBAN.lastIndex));
    if (end === 0) continue;
    masked += `${text.slice(done, start)}[IBAN]`;
    done = start + end;
    counter.masked += 1;
  }
  return done === 0 ? text : masked + text.slice(done);
};

/** How many characters of `match` are the number itself; words may follow it. 0 where there is none. */
function ibanEnd(match: string): number {
  const at = IBAN_LENGTHS.indexOf(match.slice(0, 2).toUpperCase());
  if (at % 4 !== 0) return 0;
  const length = Number(IBAN_LENGTHS.slice(at + 2, at + 4));
  let end = 0;
  let iban = '';
  for (; end < match.length && iban.length < length; end++) {
    if (/[A-Za-z0-9]/.test(match[end] as string)) iban += match[end];
  }
  if (iban.length < length || /^[A-Za-z0-9]/.test(match.slice(end))) return 0;
  return mod97(iban.toUpperCase()) === 1 ? end : 0;
}

function mod97(iban: string): number {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

// --- US social security numbers --------------------------------------------------------------------------------------
const AREA = '(?!000|666|9\\d\\d)\\d{3}';
const SSN = new RegExp(`${START}(?<!\\d[.,-])${AREA}([ -])(?!00)\\d{2}\\1(?!0000)\\d{4}(?![A-Za-z0-9]|[.-]\\d)`, 'g');
const SSN_NAMED = new RegExp(`^ ?(${AREA}(?!00)\\d{2}(?!0000)\\d{4})(?!\\d)`);
const NAMES_SSN =
  /\b(?:ssn|social[ _-]security(?:[ _-](?:number|no\.?))?)["'\\]{0,2}\s{0,2}(?:[:=#]|is)?\s{0,2}["'\\]{0,2}$/i;

export const socialSecurityNumbers: NumberMasker = {
  mask: masker(SSN, '[SSN]'),
  named(run, before, counter) {
    const number = SSN_NAMED.exec(run)?.[1];
    if (number === undefined || !NAMES_SSN.test(before)) return undefined;
    counter.masked += 1;
    return run.replace(number, '[SSN]');
  },
};

// --- phone numbers ---------------------------------------------------------------------------------------------------
const BLANK = '[ .\\u00a0/-]';
const GROUP = '(?:\\(\\d{1,6}\\)|\\d{1,6})';
/** With a country code. After `00` in groups only: many an id begins with zeros. */
const INTERNATIONAL = `(?:\\+[1-9]\\d{0,3}(?:${BLANK}{0,2}${GROUP}){1,6}|(?<![\\d.,-])00[1-9]\\d{0,2}(?:[ /]${GROUP}){2,6})`;
/** North America: area and exchange begin with 2 to 9, which sorts most part numbers out. */
const AMERICAN = `(?:1[ .-])?(?:\\([2-9]\\d\\d\\)[ -]?|[2-9]\\d\\d([ .-]))[2-9]\\d\\d(?:(?<=\\)[ -]?\\d{3})[ .-]|\\1)\\d{4}`;
/** A trunk zero and groups: `020 7946 0958`, `06 12 34 56 78`, `(030) 123456`. */
const NATIONAL = '(?:\\(0[1-9]\\d{0,3}\\) ?|0[1-9]\\d{0,3}[ /])\\d{2,8}(?:[ -]\\d{2,5}){0,4}';
const PHONE = new RegExp(
  `(?<![A-Za-z0-9]|\\d[.,:/-])(?:${INTERNATIONAL}|${AMERICAN}|${NATIONAL})(?![A-Za-z0-9]|[.:-]\\d)`,
  'g',
);
/** Any other form, behind a word that says what it is. */
const PHONE_NAMED = /^[ (+]{0,3}\d(?:[ .()/-]{0,2}\d){6,14}(?![A-Za-z0-9]|[.-]\d)/;
const NAMES_PHONE =
  /\b(?:tel|telephone|phone(?:[ _-]?n(?:umber|o|r))?|mobile|cell|call|fax|whatsapp|sms|telefon|handy|rufnummer|t[ée]l[ée]phone|tel[ée]fono)\.?["'\\]{0,2}\s{0,2}(?:[:=#]|is|at|us at|me at|no\.?|number)?\s{0,2}["'\\]{0,2}$/i;

const phoneNumbers = masker(PHONE, '[PHONE]', (match) => {
  const digits = match.replace(/\D/g, '');
  // A geographic position is written with dots and signs mixed.
  if (/^\+\d+\.\d+-/.test(match) || /^\+\d{1,3}\.\d{3,}$/.test(match)) return false;
  return digits.length >= 8 && digits.length <= 16;
});

export const phones: NumberMasker = {
  mask: phoneNumbers,
  named(run, before, counter) {
    const number = PHONE_NAMED.exec(run)?.[0];
    if (number === undefined || !NAMES_PHONE.test(before)) return undefined;
    counter.masked += 1;
    return `${number.startsWith(' ') ? ' ' : ''}[PHONE]${run.slice(number.length)}`;
  },
};
