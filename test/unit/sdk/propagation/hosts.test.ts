import { describe, expect, test } from '@jest/globals';
import { HostList, hostOf, parseHosts } from '../../../../lib/sdk/propagation/hosts.js';

describe('a list', () => {
  test.each<[text: string, hosts: string[], unknown: string[]]>([
    ['', [], []],
    [' , ', [], []],
    ['answers.internal, *.Example.COM ,answers.internal', ['answers.internal', '*.example.com'], []],
    ['10.0.0.7,10.0.*,10.*.*.*,10.0.0.0/16', ['10.0.0.7', '10.0.*', '10.*.*.*', '10.0.0.0/16'], []],
    ['fd00::7,[fd00::7]:8080,fd00:*,fd00::/8', ['fd00::7', '[fd00::7]:8080', 'fd00:*', 'fd00::/8'], []],
    ['localhost:3000,*,*:443', ['localhost:3000', '*', '*:443'], []],
    ['*.bücher.de', ['*.bücher.de'], []],
    ['https://a.internal,a.internal/path', [], ['https://a.internal', 'a.internal/path']],
    ['user@a.internal,a b,a..b,.a,-', ['-'], ['user@a.internal', 'a b', 'a..b', '.a']],
    ['a:0,a:65536,a:b,a:', [], ['a:0', 'a:65536', 'a:b', 'a:']],
    [
      '300.0.0.1,300.*,10.*.1,*.1,1.2.3.4.*,10.0.0.0/33',
      [],
      ['300.0.0.1', '300.*', '10.*.1', '*.1', '1.2.3.4.*', '10.0.0.0/33'],
    ],
    ['example.*,*.*,**', [], ['example.*', '*.*', '**']],
    ['A.internal,B C', ['a.internal'], ['B C']],
  ])('%j', (text, hosts, unknown) => {
    expect(parseHosts(text)).toEqual({ hosts, unknown });
  });

  test('of entries that are not understood covers nothing', () => {
    expect(new HostList(['a..b', '10.*.1']).isEmpty).toBe(true);
    expect(new HostList([]).has({ name: '' })).toBe(false);
  });
});

/** Per entry the hosts that it covers, and near misses. */
const COVERS: [entry: string, hosts: string[], others: string[]][] = [
  [
    'example.com',
    ['example.com', 'EXAMPLE.com.', 'example.com:8080'],
    [
      'evil-example.com',
      'example.com.evil.net',
      'www.example.com',
      'example.com..',
      'examplescom',
      'evil.net/@example.com',
      '',
    ],
  ],
  [
    '*.example.com',
    ['a.example.com', 'a.b.Example.com.', 'a_b-1.example.com'],
    ['example.com', '.example.com', 'a.example.com.evil.net', 'evil-example.com', 'a@b.example.com', 'a..example.com'],
  ],
  ['answers-*', ['answers-1', 'answers-'], ['answers', 'answers-1.evil.net', 'answers.1']],
  ['a.*.internal', ['a.b.internal'], ['a.b.c.internal', 'a..internal', 'a.internal']],
  ['answers.', ['answers', 'answers.'], ['answers.internal']],
  ['example.com:8080', ['example.com:8080'], ['example.com', 'example.com:80', 'example.com:80801']],
  [
    '10.0.*',
    ['10.0.0.7', '10.0.255.255', '[::ffff:10.0.0.7]', '::ffff:a00:7'],
    ['10.1.0.7', '10.0.evil.net', '110.0.0.7', '10.0', '::10.0.0.7'],
  ],
  ['10.0.0.0/9', ['10.127.0.1'], ['10.128.0.1']],
  ['10.0.0.7:80', ['10.0.0.7:80', '[::ffff:10.0.0.7]:80'], ['10.0.0.7', '10.0.0.70:80']],
  [
    'fd00:1:*',
    ['fd00:1::5', 'FD00:0001:2:3:4:5:6:7', '[fd00:1::5]:80', 'fd00:1::5%eth0'],
    ['fd00:2::5', 'fd00::1:5', '10.0.0.7'],
  ],
  ['[fd00::7]:80', ['[fd00:0:0::7]:80'], ['[fd00::7]:81', '[fd00::8]:80', 'fd00::7']],
  [
    'localhost',
    ['localhost', 'LocalHost.', '127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'],
    ['localhost.evil.net', '128.0.0.1', '::2', 'my-localhost', '0.0.0.0'],
  ],
  ['127.0.0.1', ['127.0.0.1'], ['localhost', '127.0.0.2', '::1']],
  ['*', ['api.openai.com', '8.8.8.8', '::1', 'localhost:1'], ['a b', '']],
];

describe.each(COVERS)('%s', (entry, hosts, others) => {
  const list = new HostList([entry]);

  test('covers', () => {
    expect(hosts.filter((host) => !list.has(hostOf(host)))).toEqual([]);
  });
  test('does not cover', () => {
    expect(others.filter((host) => list.has(hostOf(host)))).toEqual([]);
  });
});

test('an entry of many stars is matched in no time', () => {
  const list = new HostList([`${'a*'.repeat(100)}.internal`, '*.a.b']);
  expect(list.has({ name: `${'a'.repeat(200)}.example` })).toBe(false);
  expect(list.has({ name: `${'a.'.repeat(120)}c` })).toBe(false);
});
