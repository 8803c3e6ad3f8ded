import { describe, expect, it } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { renderTree } from '../../../../lib/sdk/console/render-tree.js';
import { finished } from '../../../support/sdk-span.js';

describe('renderTree', () => {
  it('draws a trace as a tree, siblings in order of their start', () => {
    const spans = [
      finished({ name: 'POST /ask', id: '1', took: 1240, attributes: { 'http.response.status_code': 200 } }),
      finished({ name: 'invoke_agent Support', id: '2', parent: '1', start: 10, took: 1200 }),
      finished({
        name: 'retrieval docs',
        id: '3',
        parent: '2',
        start: 20,
        took: 12.3,
        attributes: { 'annotel.retrieval.document.count': 5 },
      }),
      finished({
        name: 'pg.query',
        id: '4',
        parent: '3',
        start: 21,
        took: 3.2,
        attributes: { 'db.query.text': 'SELECT 1' },
      }),
      finished({
        name: 'chat gpt-4o',
        id: '5',
        parent: '2',
        start: 40,
        took: 1100,
        attributes: { 'gen_ai.usage.input_tokens': 123, 'gen_ai.usage.output_tokens': 45 },
      }),
      finished({
        name: 'save',
        id: '6',
        parent: '1',
        start: 1220,
        took: 0.85,
        error: 'disk full',
        attributes: { 'error.type': 'ENOSPC' },
      }),
    ];
    const tree = `trace 0000000000000000000000000000000a
POST /ask  1.24 s  200
├─ invoke_agent Support  1.2 s
│  ├─ retrieval docs  12.3 ms  5 documents
│  │  └─ pg.query  3.2 ms  SELECT 1
│  └─ chat gpt-4o  1.1 s  123→45 tokens
└─ save  850 µs  ✗ ENOSPC: disk full
`;
    expect(renderTree(spans)).toBe(tree);
    expect(renderTree([...spans].reverse())).toBe(tree);
  });

  it('gives every span without a known parent a line of its own, by trace', () => {
    const spans = [
      finished({ name: 'late', id: '3', trace: 'b', start: 5 }),
      finished({ name: 'remote child', id: '1', parent: '99', start: 1 }),
      finished({ name: 'root', id: '2', start: 2 }),
    ];
    expect(renderTree(spans, { bare: true })).toBe('remote child  1 ms\nroot  1 ms\nlate  1 ms\n');
    expect(renderTree(spans).match(/^trace /gm)).toHaveLength(2);
  });

  it('leaves spans that start at once in the order given', () => {
    const spans = ['3', '1', '2'].map((id) => finished({ name: id, id }));
    expect(renderTree(spans, { bare: true })).toBe('3  1 ms\n1  1 ms\n2  1 ms\n');
  });

  it('is empty without spans', () => {
    expect(renderTree([])).toBe('');
  });

  it('is coloured only where asked for', () => {
    const spans = [finished({ error: 'no' })];
    expect(renderTree(spans)).not.toContain('\x1b');
    expect(renderTree(spans, { color: true, bare: true })).toBe(
      '\x1b[2m\x1b[22m\x1b[1mspan\x1b[22m  \x1b[2m1 ms\x1b[22m  \x1b[31m✗ no\x1b[39m\n',
    );
  });

  it('never prints what a terminal would obey', () => {
    const evil = 'a\x1b[2J\r\n\u009b31m\u202eb';
    const text = renderTree(
      [finished({ name: evil, error: evil, attributes: { 'db.query.text': evil, 'error.type': evil } })],
      { bare: true },
    );
    expect(text.split('\n')).toHaveLength(2);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('draws a very deep trace', () => {
    const spans = Array.from({ length: 1000 }, (_, index) =>
      finished({ id: `${index + 1}`, parent: `${index}`, start: index }),
    );
    expect(renderTree(spans).split('\n')).toHaveLength(1002);
  });

  it('tells the message of a failure where it came from, and on the way up what kind it was', () => {
    const failed = (id: string, parent: string | undefined, error: string) =>
      finished({ name: `span ${id}`, id, parent, error, attributes: { 'error.type': 'model_not_found' } });
    const spans = [
      failed('1', undefined, 'no such model'),
      failed('2', '1', 'no such model'),
      failed('3', '2', 'gone'),
    ];
    expect(renderTree([spans[0], spans[1]] as ReadableSpan[], { bare: true })).toBe(
      'span 1  1 ms  ✗ model_not_found\n└─ span 2  1 ms  ✗ model_not_found: no such model\n',
    );
    expect(renderTree([spans[1], spans[2]] as ReadableSpan[], { bare: true })).toBe(
      'span 2  1 ms  ✗ model_not_found: no such model\n└─ span 3  1 ms  ✗ model_not_found: gone\n',
    );
  });
});
