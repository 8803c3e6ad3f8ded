/* An OTLP receiver that counts the spans of each server, told apart by the first part of the path. */
import { createServer } from 'node:http';

const counts = {};

/** The fields of a protobuf message that are messages themselves, of one number. */
function* messages(bytes, number) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const type = tag & 7;
    if (type === 2) {
      const length = varint();
      if (tag >>> 3 === number) yield bytes.subarray(at, at + length);
      at += length;
    } else if (type === 0) varint();
    else at += type === 1 ? 8 : 4;
  }
}

/** `ExportTraceServiceRequest`: `resource_spans` 1, `scope_spans` 2, `spans` 2. */
function spansIn(body) {
  let count = 0;
  for (const resourceSpans of messages(body, 1)) {
    for (const scopeSpans of messages(resourceSpans, 2)) count += [...messages(scopeSpans, 2)].length;
  }
  return count;
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const [, name, , signal] = request.url.split('/');
    if (signal === 'traces') counts[name] = (counts[name] ?? 0) + spansIn(Buffer.concat(chunks));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => process.send(counts));
process.on('disconnect', () => process.exit(0));
