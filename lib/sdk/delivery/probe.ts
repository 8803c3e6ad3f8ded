import { encodingOf } from './encoding.js';
import { type OtlpTarget, otlpTransport } from './otlp.js';
import type { Signal } from './parcel.js';
import type { Answer } from './transport.js';

/**
 * Asks a destination to take nothing: an export without a single span, log record or metric, which is what an empty message
 * of OTLP is. Shows whether it answers, and takes the credentials.
 */
export async function probe(signal: Signal, target: OtlpTarget, timeoutMillis: number): Promise<Answer> {
  const isJson = target.protocol === 'http/json';
  const { contentType } = encodingOf(signal, isJson ? 'json' : 'protobuf');
  const { transport } = otlpTransport(signal, target, contentType);
  const nothing = new TextEncoder().encode(isJson ? '{}' : '');
  const answer = await transport.send(nothing, timeoutMillis);
  transport.shutdown();
  return answer;
}
