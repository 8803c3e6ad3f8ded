import { ITERATOR_CASES } from './iterator-cases.js';
import { PROMISE_CASES } from './promise-cases.js';
import type { Case } from './result-case.js';
import { STREAM_CASES } from './stream-cases.js';

/** Every shape of result that annotel follows, with every way in which it can end. */
export const CASES: readonly Case[] = [...PROMISE_CASES, ...ITERATOR_CASES, ...STREAM_CASES];
