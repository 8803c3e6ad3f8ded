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
 * W3C baggage (https://www.w3.org/TR/baggage/) among hosts that are trusted: the request context and the baggage of the app are
 * sent to them, and accepted from them. Nothing is sent to other hosts, and what they send is not read, and so not passed on.
 *
 * A request is sent to a host by its name, and comes from one by the address of its socket, which may be a proxy's: only
 * entries of the list that are addresses, without a port, are accepted as senders. Headers like `X-Forwarded-For` are not read.
 * Carriers that belong to no request are neither written nor read, except for those of `carrierVia`.
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
