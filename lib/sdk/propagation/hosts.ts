import { BlockList, isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** A host as it was named, and its port where that is known. */
export interface Host {
  readonly name: string;
  readonly port?: number | undefined;
}

/** One understood entry of a list. */
interface Entry {
  readonly port: number | undefined;
  /** @param name in lower case, without brackets, zone and trailing dot; `family` 0 where it is no address */
  covers(name: string, family: number): boolean;
}

/**
 * Splits a comma list of hosts, the value of `ANNOTEL_PROPAGATE_CONTEXT`. An entry is one of
 * - a name, `answers.internal`; `*` in it stands for any part of one label, `*.internal` for any names below `internal`;
 * - an address, `10.0.0.7` or `fd00::7`, or a range of them, `10.0.*`, `10.0.0.0/16`, `fd00:*` or `fd00::/8`;
 * - `localhost`: that name, and the loopback addresses;
 * - `*`: every host.
 *
 * Each may end with a port, `answers.internal:8080` and `[fd00::7]:8080`.
 *
 * @returns the entries that {@link HostList} understands, in lower case, and those that it does not, as they were given
 */
export function parseHosts(text: string): { hosts: string[]; unknown: string[] } {
  const entries = text.split(',').map((entry) => entry.trim());
  const hosts = new Set<string>();
  const unknown: string[] = [];
  for (const entry of entries.filter(Boolean)) {
    if (entryOf(entry.toLowerCase())) hosts.add(entry.toLowerCase());
    else unknown.push(entry);
  }
  return { hosts: [...hosts], unknown };
}

/** Hosts that are trusted with the request context. A name is never resolved: what matters is how a host is called. */
export class HostList {
  private readonly entries: readonly Entry[];

  /** @param hosts entries as {@link parseHosts} tells them; others cover nothing */
  constructor(hosts: readonly string[]) {
    this.entries = hosts.flatMap((host) => entryOf(host.toLowerCase()) ?? []);
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** An entry with a port covers that port only, and no host whose port is not known. */
  has({ name, port }: Host): boolean {
    const plain = plainName(name);
    const family = isIP(plain);
    if (family === 0 && !/^(?=.{1,253}$)[\w-]+(\.[\w-]+)*$/.test(plain)) return false;
    return this.entries.some((entry) => (entry.port ?? port) === port && entry.covers(plain, family));
  }
}

/**
 * Reads `host` or `host:port`, where an IPv6 address has brackets or no port.
 *
 * @returns the host as it stands there, checked no further
 */
export function hostOf(text: string): Host {
  const [, inBrackets, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return { name: inBrackets ?? plain ?? text, port: port === undefined ? undefined : Number(port) };
}

function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/\.$/, '');
}

function entryOf(text: string): Entry | undefined {
  const { name, port } = hostOf(text);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (name === '*') return { port, covers: () => true };
  const plain = name.replace(/(?<=[^.])\.$/, '');
  const range = rangeOf(plain);
  if (range) {
    return {
      port,
      covers: (host, family) =>
        family === 0 ? plain === 'localhost' && host === plain : range.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'),
    };
  }
  const labels = labelsOf(plain);
  return labels && { port, covers: (host) => coversName(labels, host) };
}

/** The addresses that `name` stands for. Those of IPv4 are found in their IPv6 form, too. */
function rangeOf(name: string): BlockList | undefined {
  const range = new BlockList();
  const [, base = name, bits] = /^([^/]+)\/(\d{1,3})$/.exec(name) ?? [];
  const family = isIP(base);
  const ofFour = /^(\d{1,3}(?:\.\d{1,3}){0,2})((?:\.\*)+)$/.exec(name)?.[1]?.split('.');
  const ofSix = /^([\da-f]{1,4}(?::[\da-f]{1,4}){0,6}):\*$/.exec(name)?.[1]?.split(':');
  try {
    if (name === 'localhost') {
      range.addSubnet('127.0.0.0', 8, 'ipv4');
      range.addAddress('::1', 'ipv6');
    } else if (family !== 0) {
      const most = family === 4 ? 32 : 128;
      range.addSubnet(base, Number(bits ?? most), family === 4 ? 'ipv4' : 'ipv6');
    } else if (ofFour && name.split('.').length <= 4) {
      range.addSubnet([...ofFour, 0, 0, 0].slice(0, 4).join('.'), ofFour.length * 8, 'ipv4');
    } else if (ofSix) {
      range.addSubnet(`${ofSix.join(':')}::`, ofSix.length * 16, 'ipv6');
    } else return undefined;
  } catch {
    // A part of an address that is too large, or more bits than it has.
    return undefined;
  }
  return range;
}

/** The labels of a name. No address and nothing like one: `10.0.*` must not cover `10.0.example`, nor `*.1` any address. */
function labelsOf(name: string): string[] | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what needs no translation
  const ascii = /^[\x00-\x7f]*$/.test(name) ? name : domainToASCII(name);
  if (!/^(?=.{1,253}$)[\w*-]+(\.[\w*-]+)*$/.test(ascii) || /(^|\.)[\d*]*$/.test(ascii)) return undefined;
  return ascii.split('.');
}

function coversName(labels: readonly string[], name: string): boolean {
  const given = name.split('.');
  const spare = given.length - labels.length;
  if (labels[0] !== '*' || labels.length === 1) {
    return spare === 0 && labels.every((label, at) => coversLabel(label, given[at] ?? ''));
  }
  return spare >= 0 && labels.slice(1).every((label, at) => coversLabel(label, given[at + 1 + spare] ?? ''));
}

/** Each piece is looked for behind the one before: no pattern makes this slow. */
function coversLabel(pattern: string, label: string): boolean {
  const [start = '', ...pieces] = pattern.split('*');
  const end = pieces.pop();
  if (end === undefined) return label === pattern;
  if (!label.startsWith(start)) return false;
  let at = start.length;
  for (const piece of pieces) {
    const found = label.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return label.length - end.length >= at && label.endsWith(end);
}
