import { isSecretMember } from '../redaction/assignments.js';

/*
 * Names of parameters, headers and members whose value is a credential, whatever it looks like.
 */

const HEADER_NAME = /^(?:(?:http\.(?:request|response)\.header|rpc\.(?:request|response)\.metadata)\.)(.+)$/i;
const SECRET_HEADER =
  /(?:^|[-_.])(?:authori[sz]ation|authentication|cookies?2?|(?:api|access|subscription|functions|private|auth|account|master|host|secret)[-_]?key|auth|token|jwt|assertion|secret|signature(?:[-_]?(?:sha)?\d+)?|password|passwd|credentials?|session(?:[-_]?id)?|(?:csrf|xsrf)(?:[-_]?token)?|apikey|client[-_]cert)$/i;
/** Members of an object that is logged: what can only be a header, as objects also have a `session` or a `token` to count. */
const HEADER_MEMBER =
  /^(?:(?:proxy[-_])?authorization|(?:set[-_])?cookies?2?|(?:x[-_])?api[-_]?key|(?:x|cf|dd|ocp)[-_][\w-]*(?:key|token|secret|signature|auth|session|password|credential|jwt|assertion)(?:[-_]\d+)?)$/i;

const PARAMETER =
  /(?:^|_)(?:token|token_hint|verifier|saml_?response|jwt|sig|signature|secret|passwords?|passwd|passwort|pwd|pass|passphrase|passcode|otp|totp|pin|cvv|cvc|credentials?|auth|authorization|session|sessid|sid|sas|assertion|ticket|hmac|(?:api|access|secret|private|client|auth|account|encryption|signing|master|subscription|storage|shared|session|functions|license)_?(?:key|secret|token|id_token))$/;
/** Written in one word. */
const JOINED =
  /(?:token|secret|password|passwd|apikey|accesskey|accesskeyid|secretkey|sessionid|sessid|signature|credential)$/;
/** Exactly so: an OAuth code, a key of Google's; many a name ends with such a word. */
const ALONE = /^(?:code|key|auth_?code|authorization_?code|device_?code|user_?code|google_?access_?id|session_?id)$/;
/** Tokens that lead to the next page of results are no credentials. */
const OF_A_PAGE = /(?:^|_)(?:page|next|prev|previous|continuation|cursor|sync)_?token$/;
const PROBE = 'x1aB5678901234567';

/** Whether a header that was recorded under this name of an attribute is a secret whatever it holds. */
export function isSecretHeader(name: string): boolean {
  const header = HEADER_NAME.exec(name)?.[1];
  return header !== undefined && SECRET_HEADER.test(header);
}

/** Whether the last part of a member's name is that of a header that is a secret whatever it holds. */
export function isSecretHeaderMember(name: string): boolean {
  return HEADER_MEMBER.test(name.slice(name.lastIndexOf('.') + 1));
}

/** Whether a member of this name is a secret if its value looks like one; see `isSecretMember`. */
export function mayBeSecretMember(name: string): boolean {
  return isSecretMember(name, PROBE);
}

// An app has few of them; the size is bounded for names that are made up.
const parameters = new Map<string, boolean>();
const MOST_PARAMETERS = 1000;

/** Whether a parameter of a URL or of a connection string is a secret. `name` as it stands there, encoded or not. */
export function isSecretParameter(name: string): boolean {
  const before = parameters.get(name);
  if (before !== undefined) return before;
  const isSecret = namesSecret(name);
  if (parameters.size >= MOST_PARAMETERS) parameters.clear();
  parameters.set(name, isSecret);
  return isSecret;
}

function namesSecret(name: string): boolean {
  const words = wordsOf(name);
  if (OF_A_PAGE.test(words)) return false;
  return ALONE.test(words) || PARAMETER.test(words) || JOINED.test(words);
}

/** `%74oken`, `accessToken`, `access-token`, `user[token]`: in lower case, an underscore between two words. */
function wordsOf(name: string): string {
  return decoded(name)
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z\d]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}

/** What is ASCII in it, however often it was encoded. */
export function decoded(text: string): string {
  if (!text.includes('%')) return text;
  return text
    .replace(/%(?:25)+(?=[0-9A-Fa-f]{2})/g, '%')
    .replace(/%([2-7][0-9A-Fa-f])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
