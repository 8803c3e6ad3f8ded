import { isObserved } from '../../lib/index.js';
import { type PipelineOptions, watchedField } from '../pipeline.js';
import type { FoundMethod } from './found-methods.js';
import { resolvesField } from './graphql.js';
import { substitute } from './substitute.js';

/** Records a resolver of a field where it is slow or fails. One that is decorated is recorded as its decorator says. */
export function watchField(found: FoundMethod, options: PipelineOptions): void {
  const { owner, key, method, name } = found;
  if (isObserved(method) || !resolvesField(method)) return;
  const field = watchedField(method, name, options);
  if (field) substitute(owner, key, () => field);
}
