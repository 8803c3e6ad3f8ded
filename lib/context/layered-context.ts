import type { Context } from '@opentelemetry/api';

/** Deeper than that, a context is put together into a flat one, so that looking up takes no longer the deeper calls nest. */
const MOST_LAYERS = 32;

/**
 * `context` with one more value, on top of it. The API's own contexts copy all their values each time one is set, which every
 * observed call would do several times.
 */
export function layer(context: Context, key: symbol, value: unknown): Context {
  return new LayeredContext(context, key, value);
}

class LayeredContext implements Context {
  private readonly below: Context;
  private readonly depth: number;

  constructor(
    below: Context,
    private readonly key: symbol,
    private readonly value: unknown,
  ) {
    const depth = below instanceof LayeredContext ? below.depth + 1 : 1;
    this.below = depth > MOST_LAYERS ? (below as LayeredContext).flat() : below;
    this.depth = depth > MOST_LAYERS ? 1 : depth;
  }

  getValue(key: symbol): unknown {
    let context: Context = this;
    while (context instanceof LayeredContext) {
      if (context.key === key) return context.value;
      context = context.below;
    }
    return context.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new LayeredContext(this, key, value);
  }

  deleteValue(key: symbol): Context {
    return new LayeredContext(this, key, undefined);
  }

  /** The same values without layers. */
  private flat(): Context {
    const layers: LayeredContext[] = [];
    let context: Context = this;
    while (context instanceof LayeredContext) {
      layers.unshift(context);
      context = context.below;
    }
    return layers.reduce(
      (flat, { key, value }) => (value === undefined ? flat.deleteValue(key) : flat.setValue(key, value)),
      context,
    );
  }
}
