import { describe, expect, it } from '@jest/globals';
import { looksLikeSql, withoutValues } from '../../../../lib/privacy/cleaning/statement.js';

describe('withoutValues', () => {
  it.each<[system: string | undefined, statement: string, left: string]>([
    // Texts of each kind.
    ['postgresql', "select 'Ann', 'it''s', E'it\\'s', U&'\\0061', N'x', x'1f'", 'select ?, ?, E?, U&?, N?, x?'],
    ['postgresql', "select 'a\\', 'Ann'", 'select ?, ?'],
    ['postgresql', "select $$it's$$, $a$x $$ y$a$, $1", 'select ?, ?, $1'],
    ['postgresql', "select 'never closed", 'select ?'],
    ['postgresql', 'select $a$never closed', 'select ?'],
    ['postgresql', 'values (\'{"name": "Ann"}\'::jsonb)', 'values (?::jsonb)'],
    ['mysql', "select 'a\\'Ann', \"it's\", 'Bob'", 'select ?, ?, ?'],
    ['oracle', "select q'[it's Ann]' from dual", 'select q? from dual'],
    // Nobody knows what a backslash means: all the rest is taken for a text.
    [undefined, "select 'a\\', 'Ann'", 'select ?'],
    [undefined, 'select "Ann"', 'select ?'],
    // Numbers.
    [
      'postgresql',
      'select -5, 0x1F, 1e10, 1.5 from t2 where a in (1, 2)',
      'select -?, ?, ?, ? from t2 where a in (?, ?)',
    ],
    ['postgresql', 'select a[1:2], array[1,2]', 'select a[?:?], array[?,?]'],
    ['oracle', 'select a from t where b = :1', 'select a from t where b = :1'],
    ['sqlite', 'select a from t where b = ?1', 'select a from t where b = ?1'],
    // Comments, whose quotes mean nothing.
    ['postgresql', "select 1 -- it's\n, 'Ann'", 'select ? \n, ?'],
    ['postgresql', "select /* a /* b */ it's */ 'Ann'", 'select   ?'],
    ['mysql', "select 1 # it's\n, 'Ann'", 'select ? \n, ?'],
    // Names stay.
    ['postgresql', 'select "user Name", "it\'s" from s1."t-2" t2', 'select "user Name", "it\'s" from s1."t-2" t2'],
    ['mysql', 'select `order id 1` from `t-2`', 'select `order id 1` from `t-2`'],
    ['postgresql', 'select a #> $1, b @> $2 from t', 'select a #> $1, b @> $2 from t'],
    // What is no literal, and yet a value.
    ['postgresql', 'copy t from stdin;\nAnn\t42\n', 'copy t from stdin;\n?'],
    ['oracle', 'create user ann identified by hunter2', 'create user ann identified by ?'],
    ['oracle', 'create user ann identified by "hunter2"', 'create user ann identified by ?'],
    // Others than SQL.
    ['redis', 'GET user:1234567', 'GET user:1234567'],
    ['redis', 'SISMEMBER users Ann', 'SISMEMBER users ?'],
    ['redis', 'SETRANGE k 5 some words', 'SETRANGE k ?'],
    ['redis', 'AUTH hunter2', 'AUTH ?'],
    ['redis', 'EVAL return 1 0 hunter2', 'EVAL ?'],
    ['redis', 'set session:42 [1 other arguments]', 'set session:42 [1 other arguments]'],
    [
      'mongodb',
      '{"find":"users","filter":{"name":"Ann","age":[1,2]}}',
      '{"find":"?","filter":{"name":"?","age":["?","?"]}}',
    ],
    ['mongodb', '{"find":"users","filter":{"name":"Ann', '?'],
  ])('%s: %s', (system, statement, left) => {
    expect(withoutValues(statement, system)).toBe(left);
  });
});

describe('looksLikeSql', () => {
  it.each([
    ["select 'a' from t", true],
    ['INSERT INTO t VALUES (1)', true],
    ['select your seat', false],
    ['update available: 1.2', false],
    ['GET /x', false],
  ])('%s: %s', (text, expected) => {
    expect(looksLikeSql(text)).toBe(expected);
  });
});
