import { afterEach, describe, expect, it } from '@jest/globals';
import { Cleaner } from '../../../../lib/privacy/cleaning/cleaner.js';
import { configure, rethrowFaults, settings } from '../../../../lib/settings.js';

const before = settings();
const cleaner = new Cleaner([]);
const POSTGRES = { 'db.system.name': 'postgresql' };

afterEach(() => {
  configure(before);
});

describe('what is logged leaves without', () => {
  it.each<[what: string, body: unknown, left: unknown]>([
    [
      'secret headers',
      { headers: { authorization: 'a', cookie: ['b'], 'x-api-key': 'c', accept: '*/*' } },
      { headers: { authorization: '[SECRET]', cookie: ['[SECRET]'], 'x-api-key': '[SECRET]', accept: '*/*' } },
    ],
    ['raw headers', { raw: ['Cookie', 'a=b', 'Host', 'x'] }, { raw: ['Cookie', '[SECRET]', 'Host', 'x'] }],
    ['arguments', ['app.js', '--token', 'a', '--port', '80'], ['app.js', '--token', '[SECRET]', '--port', '80']],
    ['cookies', { cookies: { sid: 'a' } }, { cookies: '[SECRET]' }],
    ['a cookie in a line', 'Cookie: sid=a; theme=dark', 'Cookie: [SECRET]'],
    ['a token in a line', 'GET /x?token=a failed', 'GET /x?token=[SECRET] failed'],
    ['parameters of SQL', { sql: "select 'a'", bindings: ['a'] }, { sql: 'select ?', bindings: '?' }],
    ['a connection string', 'Server=db;User Id=sa;Password=a1;', 'Server=db;User Id=sa;Password=[SECRET];'],
    ['names that are somebody', { 'ann@example.com': 1 }, { '[EMAIL]': 1 }],
    ['numbers that are cards', { card: 4111111111111111 }, { card: '[CARD]' }],
    ['bytes that say something', { data: Buffer.from('ann@example.com') }, { data: '[15 bytes]' }],
    ['what a database quotes', 'Key (name)=(Ann) already exists.', 'Key (name)=(?) already exists.'],
    ['what a query builder appends', 'Failed query: select $1\nparams: Ann', 'Failed query: select $1\nparams: ?'],
  ])('%s', (_what, body, left) => {
    expect(cleaner.body(body, 'pino')).toEqual(left);
  });

  it.each([
    'value "abc" is set',
    "can't connect to 'redis' and won't retry",
    'took 1234 ms; retry=3',
    'git@github.com:a/b',
    'code=ENOENT path=/tmp/x',
    '{"level":30,"time":1790000000123,"msg":"ok","code":200}',
  ])('nothing of: %s', (line) => {
    expect(cleaner.body(line, 'pino')).toBe(line);
  });

  it('bytes that say nothing stay', () => {
    const body = { data: Buffer.from([1, 2, 3, 255]) };
    expect(cleaner.body(body, 'pino')).toEqual(body);
  });
});

describe('what is said of a database leaves without values', () => {
  it.each([
    ['invalid input syntax for type integer: "Ann"', 'invalid input syntax for type integer: ?'],
    ["Duplicate entry 'Ann' for key 'users.email'", 'Duplicate entry ? for key ?'],
    ['value "99" is out of range for type smallint', 'value ? is out of range for type smallint'],
    ['relation "users" does not exist', 'relation "users" does not exist'],
  ])('%s', (message, left) => {
    expect(cleaner.text(message, 'pg', POSTGRES)).toBe(left);
    const event = { 'exception.message': message };
    expect(cleaner.attributes(event, 'pg', undefined, 'postgresql')).toEqual({ 'exception.message': left });
  });

  it('in the name of its span', () => {
    const span = { ...POSTGRES, 'db.query.text': "select 'Ann'" };
    expect(cleaner.text("select 'Ann'", 'pg', span)).toBe('select ?');
    expect(cleaner.text('pg.query:SELECT shop', 'pg', span)).toBe('pg.query:SELECT shop');
  });

  it('in parameters, texts and numbers', () => {
    const attributes = { 'db.query.parameter.0': 'Ann', 'db.query.parameter.1': 42, 'db.postgresql.values': ['Ann'] };
    expect(cleaner.attributes(attributes, 'pg')).toEqual({
      'db.query.parameter.0': '?',
      'db.query.parameter.1': '?',
      'db.postgresql.values': ['?'],
    });
  });
});

describe('what cleaning costs is bounded', () => {
  it('a text is cut', () => {
    const { text } = cleaner.attributes({ text: 'a '.repeat(1_000_000) }, 'x') as { text: string };
    expect(text.length).toBeLessThan(140_000);
    expect(text).toMatch(/ \[\d+ more characters\]$/);
  });

  it('a record as a whole is', () => {
    const attributes = Object.fromEntries(
      Array.from({ length: 128 }, (_, index) => [`a${index}`, 'a '.repeat(50_000)]),
    );
    const total = Object.values(cleaner.attributes(attributes, 'x')).join('').length;
    expect(total).toBeLessThan(700_000);
  });

  it('so is an object that holds itself many times', () => {
    const items: unknown[] = [];
    for (let index = 0; index < 1000; index += 1) items.push({ items });
    expect(JSON.stringify(cleaner.body({ items }, 'x')).length).toBeLessThan(1_000_000);
  });
});

describe("the app's redactor", () => {
  it('is asked for foreign attributes and logs, each time', () => {
    const asked: string[] = [];
    configure({
      redactor: (text, field) => {
        asked.push(`${field}: ${text}`);
        return text.replace('Falcon', '[PROJECT]');
      },
    });
    for (const _ of [1, 2]) {
      expect(cleaner.attributes({ 'url.full': 'https://h/Falcon' }, 'http')).toEqual({
        'url.full': 'https://h/[PROJECT]',
      });
    }
    expect(cleaner.body({ text: 'of Falcon' }, 'pino')).toEqual({ text: 'of [PROJECT]' });
    expect(asked).toEqual(['attribute: https://h/Falcon', 'attribute: https://h/Falcon', 'log: of Falcon']);
  });

  it('costs the text where it throws', () => {
    rethrowFaults(false);
    configure({
      redactor: () => {
        throw new Error('broken');
      },
    });
    expect(cleaner.attributes({ 'url.full': 'https://ann:b@h/x', text: 'a' }, 'http')).toEqual({
      'url.full': '[redaction failed]',
      text: '[redaction failed]',
    });
    expect(cleaner.body('a', 'pino')).toBe('[redaction failed]');
    expect(cleaner.text('a', 'http')).toBe('[redaction failed]');
  });
});
