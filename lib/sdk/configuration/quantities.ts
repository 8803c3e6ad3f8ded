const MILLIS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Milliseconds of a duration as people write it: `500ms`, `5s`, `1.5m`, `24h`, `2d`. `undefined` where it is none. */
export function parseDuration(text: string): number | undefined {
  return quantity(text, MILLIS);
}

/** Bytes of a size as people write it: `100MB`, `1.5GiB`, `512 kB`. `undefined` where it is none. */
export function parseSize(text: string): number | undefined {
  return quantity(text, BYTES);
}

function quantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
