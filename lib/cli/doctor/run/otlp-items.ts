import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** What a request of an exporter holds. */
export interface ExportedItems {
  /** Of the body. */
  readonly digest: string;
  readonly count: number;
  /** The names of spans or metrics, each with the instrumentation scope that it is from, and how many there are. */
  readonly names: Readonly<Record<string, number>>;
}

/**
 * Reads what an exporter sends by OTLP. Traces, metrics and logs are built alike: for each resource, for each scope, its items.
 *
 * @param body as it is sent, compressed or not
 */
export function itemsIn(body: Buffer): ExportedItems {
  const plain = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
  const names: Record<string, number> = {};
  let count = 0;
  const add = (scope: string, name: string) => {
    count += 1;
    const key = `${scope || 'no scope'}: ${name}`;
    if (name !== '') names[key] = (names[key] ?? 0) + 1;
  };
  if (plain[0] === 0x7b) fromJson(JSON.parse(plain.toString('utf8')), add);
  else fromProtobuf(plain, add);
  return { digest: createHash('sha1').update(plain).digest('base64'), count, names };
}

type Add = (scope: string, name: string) => void;

interface JsonExport {
  readonly [resources: string]: readonly {
    readonly [scopes: string]: readonly {
      readonly scope?: { readonly name?: string };
      readonly [items: string]: unknown;
    }[];
  }[];
}

function fromJson(message: JsonExport, add: Add): void {
  for (const resource of Object.entries(message).flatMap(([key, list]) => (/^resource/.test(key) ? list : []))) {
    for (const scope of Object.entries(resource).flatMap(([key, list]) => (/^scope/.test(key) ? list : []))) {
      for (const [key, items] of Object.entries(scope)) {
        if (!/^(spans|metrics|logRecords)$/.test(key) || !Array.isArray(items)) continue;
        for (const { name = '' } of items as { name?: string }[]) add(scope.scope?.name ?? '', name);
      }
    }
  }
}

// Numbers of the fields, as in https://github.com/open-telemetry/opentelemetry-proto.
const RESOURCES = 1;
const SCOPES = 2;
const ITEMS = 2;
const SCOPE = 1;
/** Of a scope and of a metric; a span has its name elsewhere, and bytes here. */
const NAME = 1;
const NAME_OF_SPAN = 5;

function fromProtobuf(message: Buffer, add: Add): void {
  for (const resource of fieldsOf(message, RESOURCES)) {
    for (const scope of fieldsOf(resource, SCOPES)) {
      const [about] = fieldsOf(scope, SCOPE);
      const scopeName = about === undefined ? '' : textIn(about, NAME);
      for (const item of fieldsOf(scope, ITEMS)) add(scopeName, nameOf(item));
    }
  }
}

function nameOf(item: Buffer): string {
  const [first] = fieldsOf(item, NAME);
  // The first field of a span is its trace id, of a log record a number.
  const isSpan = first?.length === 16 && fieldsOf(item, 2)[0]?.length === 8;
  return isSpan ? textIn(item, NAME_OF_SPAN) : (first?.toString('utf8') ?? '');
}

function textIn(message: Buffer, field: number): string {
  return fieldsOf(message, field)[0]?.toString('utf8') ?? '';
}

/** The values of a field that have a length: messages, texts, bytes. */
function fieldsOf(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let place = 1; at < message.length; place *= 128) {
      const byte = message[at] as number;
      at += 1;
      value += (byte & 0x7f) * place;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const key = varint();
    const kind = key % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      if (Math.floor(key / 8) === wanted) found.push(message.subarray(at, at + length));
      at += length;
    } else break;
  }
  return found;
}
