import { isIPv4, isIPv6 } from 'node:net';
import { type Masker, masker, START } from './boundary.js';

// --- e-mail ----------------------------------------------------------------------------------------------------------
const AT = /@|%40/g;
const LOCAL = /[\p{L}\p{N}._%+'-]{1,64}$/u;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{2,24})(?![\p{L}\p{N}])/u;
/** `icon@2x.png`, `react@18.2.0-rc.beta`: sizes and versions, though digits may begin a domain, too. */
const NO_DOMAIN = /^(?:\d+x\.|\d+\.\d+[.-])/;

/** Looks around each `@`, rather than for an address: a pattern would read long words over and over. */
export const emails: Masker = (text, counter) => {
  let masked = '';
  let done = 0;
  AT.lastIndex = 0;
  for (let at = AT.exec(text); at; at = AT.exec(text)) {
    const behind = at.index + at[0].length;
    const local = LOCAL.exec(text.slice(Math.max(done, at.index - 64), at.index))?.[0].replace(/^['.%]+/, '');
    if (!local) continue;
    const domain = DOMAIN.exec(text.slice(behind, behind + 255))?.[0];
    if (domain === undefined || NO_DOMAIN.test(domain)) continue;
    // `git@github.com:owner/name` is where a repository is.
    if (local === 'git' && /^[:/]/.test(text.slice(behind + domain.length))) continue;
    masked += `${text.slice(done, at.index - local.length)}[EMAIL]`;
    done = behind + domain.length;
    AT.lastIndex = done;
    counter.masked += 1;
  }
  return done === 0 ? text : masked + text.slice(done);
};

// --- IP --------------------------------------------------------------------------------------------------------------
/** Digits first, and only then what may stand before them: most of a text is no digit. */
const V4 = new RegExp(
  `\\d(?<=${START}(?<![\\d.]\\.)\\d)\\d{0,2}(?:\\.\\d{1,3}){3}(?![A-Za-z0-9]|\\.\\d|-[A-Za-z0-9])`,
  'g',
);
/** This host, any host, every host: they tell nothing of anybody, and much of what went wrong. */
const NOBODY = /^(?:127\.|0\.0\.0\.0$|255\.255\.255\.)/;
/** What is four numbers as well: versions, sections, object ids. */
const VERSION_BEFORE =
  /(?:(?:\b(?:v|ver|sect|oid|node|npm|java)|version|release|rev|revision|build|firmware|upgrade|update|section|chapter|clause|appendix|python|chrome|firefox|safari|edge)\.?[ :=/(]{0,3}(?:to |is |from |number )?(?:\\*["'])?v?|§ ?|[A-Za-z][/-]|[\w]@|[~^>=]=? ?)$/i;
const ADDRESS_NEAR =
  /(?:\bip|ips|ipv4|host|addr(?:ess)?|server|client|dns|peer|ping|remote|gateway|subnet|from|at|to|:\/\/)(?:\\*["'])?[ :=(]{0,3}(?:\\*["'])?$/i;

export const ipv4 = masker(V4, '[IP]', (match, offset, text) => {
  if (!isIPv4(match) || NOBODY.test(match)) return false;
  const before = text.slice(Math.max(0, offset - 24), offset);
  if (VERSION_BEFORE.test(before) && !/:\/\/$/.test(before)) return false;
  // `1.2.3.4` is a version more often than a host.
  return /\d\d/.test(match) || ADDRESS_NEAR.test(before) || /^[:/]\d/.test(text.slice(offset + match.length));
});

const COLONS = /:[0-9a-f]{0,4}:/gi;
const V6_LEFT = /(?<![\w:.])[0-9a-f:]{0,40}$/i;
const V6_RIGHT = /^[0-9a-f:.]{0,40}(?![\w:])/i;

export const ipv6: Masker = (text, counter) => {
  let masked = '';
  let done = 0;
  COLONS.lastIndex = 0;
  for (let colons = COLONS.exec(text); colons; colons = COLONS.exec(text)) {
    const { index } = colons;
    const left = V6_LEFT.exec(text.slice(Math.max(done, index - 41), index))?.[0];
    const right = V6_RIGHT.exec(text.slice(index, index + 42))?.[0].replace(/\.+$/, '');
    if (left === undefined || right === undefined) continue;
    const address = left + right;
    if (address.length < 6 || !/\d/.test(address) || !isIPv6(address)) continue;
    masked += `${text.slice(done, index - left.length)}[IP]`;
    done = index + right.length;
    COLONS.lastIndex = done;
    counter.masked += 1;
  }
  return done === 0 ? text : masked + text.slice(done);
};
