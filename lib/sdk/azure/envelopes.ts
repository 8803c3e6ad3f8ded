import * as semconv from '../../genai/semconv.js';
import { itemCount } from './spans.js';

interface Envelope {
  sampleRate?: number;
  tags?: Record<string, string>;
  data?: { baseData?: { properties?: Record<string, string>; resultCode?: string; responseCode?: string } };
}
interface Sender {
  send?(envelopes: Envelope[]): Promise<unknown>;
}

const SESSION = 'ai.session.id';
const OPERATION = 'ai.operation.id';
const LONGEST_CODE = 1024;

/**
 * Fills the columns that the exporter offers no way to: session, what a log record counts for, and the result code of what
 * failed other than by HTTP. It reaches into the exporter; in one that is built otherwise these stay as they are.
 *
 * @returns the exporter
 */
export function completingEnvelopes<E extends object>(exporter: E): E {
  const { sender, _sender } = exporter as { sender?: Sender; _sender?: Sender };
  const target = sender ?? _sender;
  if (typeof target?.send !== 'function') return exporter;
  const send = target.send.bind(target);
  target.send = (envelopes) => {
    for (const envelope of envelopes) complete(envelope);
    return send(envelopes);
  };
  return exporter;
}

function complete(envelope: Envelope): void {
  const { tags, data } = envelope;
  const properties = data?.baseData?.properties;
  if (!data?.baseData || !properties) return;
  const session = properties[semconv.ATTR_SESSION_ID];
  if (tags && session !== undefined) tags[SESSION] ??= session;
  const weight = properties[semconv.ATTR_ANNOTEL_SAMPLING_WEIGHT];
  if (weight !== undefined && envelope.sampleRate === 100) {
    envelope.sampleRate = 100 / itemCount(Number(weight), tags?.[OPERATION] ?? '');
  }
  const error = properties[`${semconv.ANNOTEL_PREFIX}${semconv.ATTR_ERROR_TYPE}`]?.slice(0, LONGEST_CODE);
  if (error === undefined) return;
  if (data.baseData.resultCode === '0') data.baseData.resultCode = error;
  if (data.baseData.responseCode === '0') data.baseData.responseCode = error;
}
