import {
  type Baggage,
  type BaggageEntry,
  type Context,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { peerOf } from '../../context/carriers.js';
import { baggageOf, withTrustedBaggage } from '../../context/request-context.js';
import { type Host, type HostList, hostOf } from './hosts.js';
import { destinationsOf, senderOf } from './request-peers.js';

/** What a `baggage` header holds at most, by the W3C. */
const LONGEST = 8192;

/**
 * W3C baggage among hosts that are trusted. To them goes the request context with the baggage of the app; from them both are
 * believed. To all others nothing goes, and what comes from others is not even read, so it is not passed on either.
 *
 * A request is sent to a host by its name, and comes from one by the address of its socket, which may be a proxy's: only
 * entries of the list that are addresses, without a port, say whom to believe. Headers like `X-Forwarded-For` count for nothing.
 * Carriers that belong to no request are closed to both, but for those of `carrierVia`.
 */
export class GuardedBaggage implements TextMapPropagator {
  private readonly w3c = new W3CBaggagePropagator();

  constructor(private readonly trusted: HostList) {}

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const via = peerOf(carrier);
    const destinations = via === undefined ? destinationsOf(carrier, context) : [hostOf(via)];
    if (!this.trusts(destinations)) return;
    const baggage = baggageOf(context);
    if (baggage) this.w3c.inject(propagation.setBaggage(context, writable(baggage)), carrier, setter);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const via = peerOf(carrier);
    const sender = via === undefined ? senderOf(carrier) : hostOf(via);
    if (!sender || !this.trusts([sender])) return context;
    const extracted = this.w3c.extract(context, carrier, bounded(getter));
    return extracted === context ? context : withTrustedBaggage(extracted);
  }

  fields(): string[] {
    return this.w3c.fields();
  }

  private trusts(hosts: readonly Host[]): boolean {
    return hosts.length > 0 && hosts.every((host) => this.trusted.has(host));
  }
}

/** Without what cannot stand in a header, and would make the app's request fail or cost the other entries. */
function writable(baggage: Baggage): Baggage {
  const entries = baggage.getAllEntries().flatMap(([name, entry]): [string, BaggageEntry][] => {
    const { value, metadata } = entry;
    // Half a surrogate pair has no percent-encoding.
    if (typeof value !== 'string' || /\p{Cs}/u.test(name + value)) return [];
    const isPlain = metadata !== undefined && /^[\t\x20-\x2b\x2d-\x7e]*$/.test(metadata.toString());
    return [[name, isPlain ? entry : { value }]];
  });
  return propagation.createBaggage(Object.fromEntries(entries));
}

/** What is longer than a header may be ends with its last whole entry. What is no text is nothing. */
function bounded(getter: TextMapGetter): TextMapGetter {
  return {
    keys: (carrier) => getter.keys(carrier),
    get(carrier, key) {
      const values = [getter.get(carrier, key)].flat().filter((value) => typeof value === 'string');
      const text = values.join(',');
      return text.length <= LONGEST ? text : text.slice(0, text.lastIndexOf(',', LONGEST) + 1);
    },
  };
}
