/** What of a page leads elsewhere, is led to, or names a host. */
export interface Page {
  /** Targets of links and images, as they are written; without those of code. */
  readonly links: readonly string[];
  /** Of the headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** With their ports, wherever they stand, code included. */
  readonly hosts: readonly string[];
}

const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const REFERENCE = /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm;
const HTML = /<(?:a|img)\s[^>]*?(?:href|src)="([^"]*)"/g;

export function readPage(markdown: string): Page {
  const prose = markdown.replace(/^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*\s*$/gms, '');
  const plain = prose.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/gs, (code) => code.replace(/[[\]()<>]/g, ''));
  const links = [LINK, REFERENCE, HTML].flatMap((kind) => [...plain.matchAll(kind)].map(([, target = '']) => target));
  const hosts = [...markdown.matchAll(/\bhttps?:\/\/((?:<\w+>|[^\s/)"'`\]<>])+)/g)].map(([, host = '']) => host);
  return { links, anchors: new Set(anchorsOf(prose)), hosts: hosts.map((host) => host.replace(/[.,:;]+$/, '')) };
}

/** The second heading of the same words ends with `-1`, and so on. */
function anchorsOf(prose: string): string[] {
  const seen = new Map<string, number>();
  return [...prose.matchAll(/^#{1,6} +(.+?)[ #]*$/gm)].map(([, heading = '']) => {
    const text = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}
