import { describe, expect, test } from '@jest/globals';
import { openHandle } from '../../../lib/genai/trace-handle.js';
import { configure, LlmCall, traceHandle, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

async function handleAfterCall(): Promise<string | undefined> {
  return Workflow('w')(async () => {
    await LlmCall({ model: 'a' })(async () => ({
      object: 'chat.completion',
      id: 'chatcmpl-42',
      choices: [{ index: 0 }],
    }))();
    return traceHandle();
  })();
}

/** Pinned: a process of another build has to read it. */
const SEALED = 'AQEAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAJjaGF0Y21wbC00Mvw_fC70EnCt7Y22LNsz2l4';

test('a handle reads the same in every process', async () => {
  await telemetry.restart({ settings: { handleKey: 'a key' } });
  const made = await handleAfterCall();
  expect(made).toBe(SEALED);
  const copy = '../../../lib/genai/trace-handle?another';
  const other: { openHandle: typeof openHandle } = await import(copy);
  expect(other.openHandle(SEALED)).toEqual({
    spanContext: {
      traceId: '00000000000000000000000000000001',
      spanId: '0000000000000002',
      traceFlags: 1,
      isRemote: true,
    },
    responseId: 'chatcmpl-42',
  });
});

describe('what is no handle of ours is refused:', () => {
  const changed = (change: (bytes: Buffer) => void): string => {
    const bytes = Buffer.from(SEALED, 'base64url');
    change(bytes);
    return bytes.toString('base64url');
  };
  const other = /^handle is none that traceHandle\(\) makes$/;
  const broken = /^handle is broken, forged, or was made under another ANNOTEL_HANDLE_KEY$/;
  test.each<[string, unknown, RegExp]>([
    ['null', null, /^handle is no string but null$/],
    ['a number', 7, /^handle is no string but of type number$/],
    ['an object', { toString: () => SEALED }, /^handle is no string but of type object$/],
    ['an empty text', '', other],
    ['a traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', other],
    ['one with a blank', `${SEALED} `, other],
    ['one in the other base64', `+${SEALED.slice(1)}`, other],
    ['a long text', 'A'.repeat(1_000_000), other],
    [
      'one whose last letter has bits too many',
      `${SEALED.slice(0, -1)}${String.fromCharCode(SEALED.charCodeAt(SEALED.length - 1) + 1)}`,
      other,
    ],
    [
      'one of another version',
      changed((bytes) => bytes.writeUInt8(2, 0)),
      /^handle is none of this version of annotel$/,
    ],
    ['other flags', changed((bytes) => bytes.writeUInt8(0, 1)), broken],
    ['another trace', changed((bytes) => bytes.writeUInt8(9, 17)), broken],
    ['another span', changed((bytes) => bytes.writeUInt8(9, 25)), broken],
    ['another response', changed((bytes) => bytes.write('X', 30)), broken],
    [
      'another tag',
      changed((bytes) => bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)),
      broken,
    ],
    ['the first half', SEALED.slice(0, 56), broken],
    ['made-up bytes', Buffer.alloc(42, 1).toString('base64url'), broken],
  ])('%s', (_what, handle, message) => {
    configure({ handleKey: 'a key' });
    expect(() => openHandle(handle)).toThrow(TypeError);
    expect(() => openHandle(handle)).toThrow(message);
  });

  test.each([['another key'], [''], [undefined]])('one that was made under another key than %j', (handleKey) => {
    configure({ handleKey });
    expect(() => openHandle(SEALED)).toThrow(broken);
  });

  test('one that was made without a key, where there is one', async () => {
    const handle = await handleAfterCall();
    expect(openHandle(handle).responseId).toBe('chatcmpl-42');
    configure({ handleKey: 'a key' });
    expect(() => openHandle(handle)).toThrow(broken);
  });
});

test('an empty key is none', async () => {
  configure({ handleKey: '' });
  const handle = await handleAfterCall();
  configure({ handleKey: undefined });
  expect(openHandle(handle).responseId).toBe('chatcmpl-42');
});
