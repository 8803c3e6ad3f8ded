import type { Settings } from '../../settings.js';
import { redact, redactPatterns } from '../redaction/redact.js';
import { decoded, isSecretParameter } from './secret-names.js';

/** Stands for a secret. */
export const MASK = '[SECRET]';

type Field = 'attribute' | 'log';

const AUTHORITY = /^([a-z][a-z\d+.-]{0,40}:)?\/\/([^/?#]*)/i;
/** `user:` and the beginning of a password that holds a character that should have been encoded. */
const BROKEN_USER = /^[^:@[\]]*:(?!\d{0,5}$)/;

/** Of Slack and Discord, where their host stands elsewhere. */
const WEBHOOK_PATH = /^(\/services\/T\w{2,16}\/B\w{2,16}\/|\/api\/webhooks\/\d{5,25}\/)[\w-]{16,}/;

/** A parameter's name and what stands around it, in a URL that may itself be a parameter of another, or a text of JSON. */
const LEAD =
  /(^|[?&;#] ?|%(?:25){0,3}(?:26|3F|3B|23)|\\u0026)((?:[\w.~[\]$:!*-]|%(?!(?:25){0,3}(?:26|3[BDF]|23))[0-9A-F]{2}){1,100})(=|%(?:25){0,3}3D)/gi;
const END = /[&#\s"'`<>]|;(?=\s|$|[\w.%-]{1,64}=)|$/g;
const END_IN_PATH = /[&#\s"'`<>;?/]|$/g;
const END_ENCODED = /[&#\s"'`<>]|%(?:25){0,3}(?:26|23)|$/gi;

/**
 * A URL without credentials and without what redaction finds; the host stays, even where it is an IP address. Takes time linear in
 * its length.
 *
 * @param url absolute, or the part behind the host
 */
export function cleanedUrl(url: string, sets: Settings['redact'], field: Field): string {
  const isSecret = sets.includes('secret');
  const data = isSecret ? /^data:[^,]{0,200},/i.exec(url)?.[0] : undefined;
  if (data !== undefined) return `${data}${MASK}`;
  const found = AUTHORITY.exec(url);
  if (!found) return personal(isSecret ? withoutSecrets(url, true).replace(WEBHOOK_PATH, `$1${MASK}`) : url, field);
  const [start, scheme = '', authority = ''] = found;
  const { user, host, rest } = parted(authority, url.slice(start.length));
  const opened = isSecret ? withoutSecrets(rest, true) : rest;
  const front = `${scheme}//`;
  const whole = `${front}${host}${opened}`;
  // What some hosts have in their paths is a secret, so that both are read together, unless the host would be masked.
  const cleaned =
    redactPatterns(host).masked === 0 ? personal(whole, field) : `${front}${host}${personal(opened, field)}`;
  // The app's own redactor may have left nothing of it.
  if (user === '' || !cleaned.startsWith(front)) return cleaned;
  return `${front}${isSecret ? `${MASK}@` : user}${cleaned.slice(front.length)}`;
}

/** A text in which the parameters of URLs and of connection strings that are secrets are masked. Takes time linear in it. */
export function withoutSecrets(text: string, fromStart = false): string {
  if (!text.includes('=') && !text.includes('%')) return text;
  let masked = '';
  let done = 0;
  LEAD.lastIndex = 0;
  for (let lead = LEAD.exec(text); lead; lead = LEAD.exec(text)) {
    const [all, before = '', name = '', sign = ''] = lead;
    if (before === '' && !fromStart) continue;
    if (!isSecretParameter(name)) {
      // The value may be a URL with parameters of its own.
      LEAD.lastIndex = lead.index + all.length;
      continue;
    }
    const start = lead.index + all.length;
    const pattern = sign !== '=' ? END_ENCODED : before === ';' && /sess|sid/i.test(name) ? END_IN_PATH : END;
    pattern.lastIndex = start;
    const end = pattern.exec(text)?.index ?? text.length;
    if (end > start) masked += `${text.slice(done, start)}${MASK}`;
    else masked += text.slice(done, start);
    done = end;
    LEAD.lastIndex = end;
  }
  return done === 0 ? text : masked + text.slice(done);
}

/**
 * An address, or what was meant to be one, as it may be shown to an operator: without user, password and secrets, and without its
 * query, where a key may have any name; whatever the redactor is set to.
 */
export function withoutCredentials(address: string): string {
  const isAddress = /:\/\/|^[^\s@]*:[^\s@]*@/.test(address);
  const bare = isAddress ? address.replace(/^([a-z\d+.-]*:\/\/)?.*@/is, `$1${MASK}@`) : address;
  const shown = bare.replace(/\?.*/s, `?${MASK}`);
  return isAddress ? withoutSecrets(shown, true) : shown;
}

/** A password may hold `/`, `?`, `#` and `@`, although it should not. */
function parted(authority: string, rest: string): { user: string; host: string; rest: string } {
  const at = authority.lastIndexOf('@');
  if (at >= 0) return { user: authority.slice(0, at + 1), host: authority.slice(at + 1), rest };
  if (!BROKEN_USER.test(authority)) return { user: '', host: authority, rest };
  const all = authority + rest;
  const last = all.lastIndexOf('@');
  if (last < 0) return { user: '', host: authority, rest };
  const end = all.slice(last + 1).search(/[/?#]|$/) + last + 1;
  return { user: all.slice(0, last + 1), host: all.slice(last + 1, end), rest: all.slice(end) };
}

/**
 * A text without what the redactor finds in it, be it encoded as in a URL; where there is such a thing, the text leaves in plain
 * characters.
 */
export function personal(text: string, field: Field): string {
  const known = redact(text, field).text;
  if (!known.includes('%')) return known;
  const found = redactPatterns(decoded(known));
  if (found.masked === 0) return known;
  return found.text.replace(/[\s"<>^`{|}\\]/g, (character) => encodeURIComponent(character));
}
