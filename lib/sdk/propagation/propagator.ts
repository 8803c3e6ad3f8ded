import { createRequire } from 'node:module';
import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { GuardedBaggage } from './guarded-baggage.js';
import { HostList } from './hosts.js';

/** The names that `OTEL_PROPAGATORS` takes, but `none`. */
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi';

const require = createRequire(import.meta.url);

/**
 * What carries a trace, and among trusted hosts the request context and baggage, from process to process.
 *
 * @param options.propagators which formats, in this order; none carries nothing
 * @param options.hosts who is trusted, as `parseHosts` tells them; with none of them no baggage goes out or comes in
 */
export function createPropagator(options: {
  readonly propagators: readonly PropagatorName[];
  readonly hosts: readonly string[];
}): TextMapPropagator {
  const trusted = new HostList(options.hosts);
  return new CompositePropagator({
    propagators: options.propagators.flatMap((name) => {
      if (name === 'tracecontext') return [new W3CTraceContextPropagator()];
      if (name === 'baggage') return trusted.isEmpty ? [] : [new GuardedBaggage(trusted)];
      return [b3(name)];
    }),
  });
}

function b3(name: 'b3' | 'b3multi'): TextMapPropagator {
  const { B3Propagator, B3InjectEncoding } = require('@opentelemetry/propagator-b3');
  const { SINGLE_HEADER, MULTI_HEADER } = B3InjectEncoding;
  return new B3Propagator({ injectEncoding: name === 'b3' ? SINGLE_HEADER : MULTI_HEADER });
}
