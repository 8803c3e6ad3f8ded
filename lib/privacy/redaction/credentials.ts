import { type Masker, masker, maskerBehind } from './boundary.js';

/*
 * Credentials that only the text around them gives away: `password=…`, `Authorization: …`, `scheme://user:password@host`,
 * PEM blocks.
 */

/** A key that was cut off before its end line is one, too. */
const PEM =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g;

export const privateKeys: Masker = masker(PEM, '[SECRET]');

/** `user:password@` of a URL: the password. Browsers allow `@` in it, so the last one before the path counts. */
const USER_INFO = /(?<=:\/\/[^\s/:@"'`<>]{0,128}:)(?![[<{$*])[^\s/"'`<>]{1,256}(?=@[^\s@/]{1,255})/g;

export const urlPasswords: Masker = masker(USER_INFO, '[SECRET]');

/** `Authorization: Bearer …` and the like; the word for the scheme stays. */
const AUTHORIZATION = /((?:bearer|basic|apikey|digest|negotiate)[ \t]{1,3})([\w~+/.=-]{10,})/gi;
/** A header whose scheme is not known, or left out. */
const AUTHORIZATION_HEADER =
  /(authorization["'\\]{0,2}\s{0,2}[:=]\s{0,2}["'\\]{0,2}(?:token[ \t=]{1,3})?)(?!(?:bearer|basic|apikey|digest|negotiate|aws4|token)\b)([\w~+/.=-]{8,})/gi;
/** Signatures and keys in addresses and connection strings: Azure SAS and storage, AWS presigned URLs, Google signed URLs. */
const SIGNED =
  /((?:sig|signature|x-amz-security-token|x-amz-credential|x-goog-credential|accountkey|sharedaccesskey)=)([\w%+/=.~-]{12,})/gi;

// `basic self-explanatory` is prose.
const looksRandom = (value: string): boolean => /\d|[a-z][A-Z]|=$/.test(value);

export const authorizations: Masker = maskerBehind(AUTHORIZATION, '[SECRET]', looksRandom);
export const authorizationHeaders: Masker = maskerBehind(AUTHORIZATION_HEADER, '[SECRET]', looksRandom);
export const signatures: Masker = maskerBehind(SIGNED, '[SECRET]', looksRandom);
