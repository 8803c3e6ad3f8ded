/** Which traces are kept whatever the sampler says; see `ANNOTEL_KEEP`. */
export interface KeepRules {
  /** Traces with a span whose status is an error. */
  readonly errors: boolean;
  /** Traces whose local root took longer, in milliseconds. */
  readonly slowerThan: number | undefined;
  /** Traces whose calls cost more in all, in units of `annotel.cost.currency`. */
  readonly costlierThan: number | undefined;
}

/** Whether any rule is on. */
export function keepsAny({ errors, slowerThan, costlierThan }: KeepRules): boolean {
  return errors || slowerThan !== undefined || costlierThan !== undefined;
}

/**
 * Reads a comma list of `errors`, `slower-than=5s` and `costlier-than=0.10`, or `none`. The last of a kind counts.
 *
 * @returns the rules that were understood, and what was not; `none` beside a rule is not
 */
export function parseKeep(text: string): { rules: KeepRules; unknown: string[] } {
  const rules: { -readonly [K in keyof KeepRules]: KeepRules[K] } = {
    errors: false,
    slowerThan: undefined,
    costlierThan: undefined,
  };
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const unknown = items.filter((item) => {
    const [name, value, more] = item.split('=').map((part) => part.trim());
    if (more !== undefined) return true;
    switch (name?.toLowerCase()) {
      case 'none':
        return value !== undefined || items.length > 1;
      case 'errors':
        rules.errors ||= value === undefined;
        return value !== undefined;
      case 'slower-than': {
        const limit = value === undefined ? undefined : parseDuration(value);
        rules.slowerThan = limit ?? rules.slowerThan;
        return limit === undefined;
      }
      case 'costlier-than': {
        const limit = value === undefined ? undefined : parseAmount(value);
        rules.costlierThan = limit ?? rules.costlierThan;
        return limit === undefined;
      }
      default:
        return true;
    }
  });
  return { rules, unknown };
}

function parseAmount(text: string): number | undefined {
  return /^(\d+(\.\d+)?|\.\d+)$/.test(text) ? Number(text) : undefined;
}

const MILLIS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration as people write it: `500ms`, `5s`, `1.5m`, `24h`, `2d`. `undefined` where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const factor = Object.hasOwn(MILLIS, unit.toLowerCase()) ? MILLIS[unit.toLowerCase()] : undefined;
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
