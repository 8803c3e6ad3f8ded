import { expect, test } from '@jest/globals';
import { nearest } from '../../lib/nearest.js';

const WORDS = ['attributes', 'provider', 'model', 'name', 'links'];

test.each([
  ['provder', 'provider'],
  ['provdier', 'provider'],
  ['Provider', 'provider'],
  ['providers', 'provider'],
  ['modle', 'model'],
  ['nam', 'name'],
  ['attribute', 'attributes'],
  ['link', 'links'],
  ['model', 'model'],
])('%s was probably meant to be %s', (word, meant) => {
  expect(nearest(word, WORDS)).toBe(meant);
});

test.each(['everything', 'x', '', 'id'])('%j was meant to be none of them', (word) => {
  expect(nearest(word, WORDS)).toBeUndefined();
});

test('how many mistakes are taken for one may be said', () => {
  expect(nearest('provder', WORDS, 0)).toBeUndefined();
  expect(nearest('prvdr', WORDS, 3)).toBe('provider');
});

test('of two that are as near the first counts', () => {
  expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
});
