import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { Attributes } from '@opentelemetry/api';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { fixture, type WireReply } from '../support/wire-server.js';

/** The real client, talking to a local server. By default it speaks HTTP/2, which that server does not. */
export const bedrock = (endpoint: string) =>
  new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });

/** Events as they go over the wire: one frame each. Those that are an exception say so in a header. */
export function framed(
  path: string,
  wrap = (event: object): object => event,
  more: Partial<WireReply> = {},
): WireReply {
  const codec = new EventStreamCodec(toUtf8, fromUtf8);
  const events = JSON.parse(fixture(`bedrock/${path}.events.json`)) as object[];
  const body = events.map(wrap).map((event) => {
    const [type = '', payload] = Object.entries(event)[0] ?? [];
    const kind = type.endsWith('Exception') ? 'exception' : 'event';
    return codec.encode({
      headers: {
        [`:${kind}-type`]: { type: 'string', value: type },
        ':content-type': { type: 'string', value: 'application/json' },
        ':message-type': { type: 'string', value: kind },
      },
      body: fromUtf8(JSON.stringify(payload)),
    });
  });
  return { headers: { 'content-type': 'application/vnd.amazon.eventstream' }, body, ...more };
}

/** Everything that a stream brings. */
export const read = async <T>(stream: AsyncIterable<T> | undefined): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream ?? []) items.push(item);
  return items;
};

/** What is told of an answered chat. */
export const answered = (reason: string, usage: Attributes, modelId: string): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'aws.bedrock',
  'gen_ai.request.model': modelId,
  'gen_ai.response.finish_reasons': [reason],
  ...usage,
});
export const tokens = (input: number, output: number): Attributes => ({
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
});
export const cached = (read: number, written: number): Attributes => ({
  'gen_ai.usage.cache_read.input_tokens': read,
  'gen_ai.usage.cache_creation.input_tokens': written,
});
