import { afterEach, describe, expect, it } from '@jest/globals';
import { type Attributes, SpanKind } from '@opentelemetry/api';
import { Cleaner } from '../../../../lib/privacy/cleaning/cleaner.js';
import { configure, settings } from '../../../../lib/settings.js';

const HTTP = '@opentelemetry/instrumentation-http';
const before = settings();

afterEach(() => {
  configure(before);
});

const cleaned = (attributes: Attributes, kind: SpanKind = SpanKind.CLIENT, scope = HTTP) =>
  new Cleaner([]).attributes(attributes, scope, kind);

describe('what instrumentations record leaves without secrets:', () => {
  it.each<[string, string, string]>([
    // Addresses: the host stays, whatever it looks like.
    [
      'url.full',
      'https://api.example.com/v1/chat?api_key=abc123&model=x',
      'https://api.example.com/v1/chat?api_key=[SECRET]&model=x',
    ],
    ['url.full', 'http://127.0.0.1:4318/v1/traces', 'http://127.0.0.1:4318/v1/traces'],
    ['url.full', 'https://ann:pa55@db.example.com/x', 'https://[SECRET]@db.example.com/x'],
    ['url.full', 'https://token@github.com/a/b.git', 'https://[SECRET]@github.com/a/b.git'],
    [
      'url.full',
      'https://s3.example.com/k?X-Amz-Signature=00ff&X-Amz-Date=2026',
      'https://s3.example.com/k?X-Amz-Signature=[SECRET]&X-Amz-Date=2026',
    ],
    ['url.full', 'https://x.example.com/a?q=ann@example.com', 'https://x.example.com/a?q=[EMAIL]'],
    [
      'url.full',
      'https://x.example.com/cb#access_token=zzz&state=1',
      'https://x.example.com/cb#access_token=[SECRET]&state=1',
    ],
    ['url.query', 'token=abc&page=2', 'token=[SECRET]&page=2'],
    ['url.query', '?code=xyz', '?code=[SECRET]'],
    ['url.path', '/users/ann@example.com/orders', '/users/[EMAIL]/orders'],
    ['http.url', 'http://h.example.com/?sig=1', 'http://h.example.com/?sig=[SECRET]'],
    ['http.target', '/a?session_id=1', '/a?session_id=[SECRET]'],
    // Names that only contain such a word are left alone.
    ['url.query', 'monkey=1&keyboard=2&page_token_count=3', 'monkey=1&keyboard=2&page_token_count=3'],
    // SQL: values go, what the app prepared stays.
    [
      'db.query.text',
      "select * from users where name = 'Ann' and age > 42",
      'select * from users where name = ? and age > ?',
    ],
    [
      'db.query.text',
      'select * from t1 where id = $1 and k = any($2)',
      'select * from t1 where id = $1 and k = any($2)',
    ],
    ['db.query.text', "insert into t values ('it''s', E'\\'x', $tag$body$tag$)", 'insert into t values (?, E?, ?)'],
    ['db.query.text', "select 'never closed", 'select ?'],
    ['db.statement', 'SET session:[1] [2 other arguments]', 'SET session:[1] [2 other arguments]'],
    // Headers.
    ['http.request.header.x-forwarded-for', '203.0.113.7', '[IP]'],
    ['messaging.body', 'call +1 415 555 0132', 'call [PHONE]'],
  ])('%s %s', (name, value, expected) => {
    expect(cleaned({ [name]: value })).toEqual({ [name]: expected });
  });

  it.each([
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'x-api-key',
    'api-key',
    'x-auth-token',
    'x-csrf-token',
  ])('the header %s, whatever it holds', (header) => {
    for (const name of [`http.request.header.${header}`, `http.response.header.${header}`]) {
      expect(cleaned({ [name]: ['a', 'b'] })).toEqual({ [name]: ['[SECRET]', '[SECRET]'] });
    }
  });

  it('but not without what it is about', () => {
    const attributes = {
      'server.address': '10.1.2.3',
      'server.port': 5432,
      'http.route': '/users/:id',
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'user.id': 'ann@example.com',
      'annotel.tenant.id': 'acme',
      'network.peer.address': '10.1.2.3',
    };
    expect(cleaned(attributes)).toEqual(attributes);
  });

  it('and without the address of whoever asked', () => {
    const attributes = { 'client.address': '203.0.113.7', 'network.peer.address': '203.0.113.7' };
    expect(cleaned(attributes, SpanKind.SERVER)).toEqual({ 'client.address': '[IP]', 'network.peer.address': '[IP]' });
  });
});

describe('the redactor', () => {
  it('leaves what annotel itself recorded: it is redacted where it is made', () => {
    const attributes = { said: 'ann@example.com' };
    expect(cleaned(attributes, SpanKind.INTERNAL, 'annotel')).toBe(attributes);
  });

  it('does nothing where it is off', () => {
    configure({ redact: [] });
    const attributes = { 'url.full': 'https://a:b@x.example.com/?key=1', 'db.query.text': "select 'a'" };
    expect(cleaned(attributes)).toEqual(attributes);
    expect(new Cleaner([]).concerns(HTTP)).toBe(false);
  });

  it('masks no more than the sets that are on', () => {
    configure({ redact: ['email'] });
    expect(cleaned({ 'url.full': 'https://x.example.com/?key=1&who=ann@example.com' })).toEqual({
      'url.full': 'https://x.example.com/?key=1&who=[EMAIL]',
    });
  });

  it('of the app has a say, and one that throws costs the text', () => {
    configure({ redactor: (text, field) => (field === 'attribute' ? text.replace('Project X', '[PROJECT]') : text) });
    expect(cleaned({ title: 'about Project X' })).toEqual({ title: 'about [PROJECT]' });
    configure({
      redactor: () => {
        throw new Error('broken');
      },
    });
    expect(cleaned({ title: 'about Project X' })).toEqual({ title: '[redaction failed]' });
  });

  it('reads bodies of log records to their depth', () => {
    const body = { message: 'from ann@example.com', user: { mail: ['ann@example.com'], password: 'hunter22' }, n: 1 };
    expect(new Cleaner([]).body(body, 'pino')).toEqual({
      message: 'from [EMAIL]',
      user: { mail: ['[EMAIL]'], password: '[SECRET]' },
      n: 1,
    });
    expect(new Cleaner([]).body('from ann@example.com', 'nest')).toBe('from [EMAIL]');
    expect(new Cleaner([]).body('from ann@example.com', 'annotel')).toBe('from ann@example.com');
  });

  it('ends with an object that holds itself', () => {
    const body: Record<string, unknown> = { text: 'x' };
    body.self = body;
    expect(JSON.stringify(new Cleaner([]).body(body, 'pino'))).toContain('[too deep]');
  });
});

describe('ANNOTEL_DROP_ATTRIBUTES', () => {
  it.each<[string[], string[]]>([
    [['db.query.text'], ['url.full', 'http.request.header.cookie', 'gen_ai.input.messages']],
    [['http.request.header.*'], ['db.query.text', 'url.full', 'gen_ai.input.messages']],
    [['*'], []],
    [
      ['*.text', 'url*'],
      ['http.request.header.cookie', 'gen_ai.input.messages'],
    ],
    [
      ['text', 'db.query.tex'],
      ['db.query.text', 'url.full', 'http.request.header.cookie', 'gen_ai.input.messages'],
    ],
    [['dbxquery.text'], ['db.query.text', 'url.full', 'http.request.header.cookie', 'gen_ai.input.messages']],
  ])('%j leaves %j', (patterns, left) => {
    const all = {
      'db.query.text': 'a',
      'url.full': 'b',
      'http.request.header.cookie': 'c',
      'gen_ai.input.messages': 'd',
    };
    for (const scope of [HTTP, 'annotel']) {
      expect(Object.keys(new Cleaner(patterns).attributes(all, scope)).sort()).toEqual([...left].sort());
    }
  });

  it('does not touch the attributes of the span itself', () => {
    const all = { a: 1, b: 2 };
    new Cleaner(['a']).attributes(all, 'annotel');
    expect(all).toEqual({ a: 1, b: 2 });
  });
});
