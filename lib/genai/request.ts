import type { Attributes } from '@opentelemetry/api';
import { COMMON_PARAMETERS } from './parameters.js';
import type { TakeParameter } from './providers/family.js';
import { FAMILIES_FOR_REQUESTS } from './providers/registry.js';
import { objectOf, stringOf } from './shape.js';

/**
 * A request as it is passed to a provider's client. Of its fields only those are read that the conventions have a name for;
 * what it says is read only where content is captured.
 */
export type LlmRequest = object;

type Fields = Readonly<Record<string, unknown>>;

/** What a request says before it is sent. */
export interface RequestRead {
  /** Its fields, whatever the client wants them wrapped in. */
  readonly fields: Fields;
  /** The model that it asks. */
  readonly model: string | undefined;
  /** `gen_ai.provider.name`; `undefined` where several providers would take the request. */
  readonly provider: string | undefined;
}

/** The first argument that looks like a request to a model: it names one, and has something to ask of it. */
export function findRequest(args: readonly unknown[]): LlmRequest | undefined {
  for (const argument of args) {
    const fields = objectOf(argument);
    if (fields && isRequest(requestWithin(fields))) return fields;
  }
  return undefined;
}

export function readRequest(request: LlmRequest): RequestRead {
  const fields = requestWithin(request);
  const named = stringOf(fields['model']);
  if (named !== undefined) return { fields, model: named, provider: undefined };
  return { fields, model: modelOf(fields), provider: ofFamilies((family) => family.requestedProvider?.(fields)) };
}

/** The fields of a request, where a client wants them wrapped. */
function requestWithin(request: LlmRequest): Fields {
  const fields = request as Fields;
  if (modelOf(fields) !== undefined) return fields;
  const isRequest = (found: Fields) => modelOf(found) !== undefined || Array.isArray(found['messages']);
  const wrapped = ofFamilies((family) => {
    const found = family.wrappedRequest?.(fields);
    return found && isRequest(found) ? found : undefined;
  });
  return wrapped ?? fields;
}

function modelOf(fields: Fields): string | undefined {
  return stringOf(fields['model']) ?? ofFamilies((family) => family.modelOf?.(fields));
}

/** What is asked, under its names; each looked at only for its type, as other objects have a `model` and such fields too. */
function isRequest(fields: Fields): boolean {
  const { messages, input, prompt } = fields;
  if (modelOf(fields) === undefined) return false;
  if (Array.isArray(messages) || isTextOrList(input) || isTextOrList(prompt)) return true;
  return FAMILIES_FOR_REQUESTS.some((family) => family.isRequest?.(fields));
}

function isTextOrList(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value);
}

/** The first thing that a family knows. */
function ofFamilies<T>(ask: (family: (typeof FAMILIES_FOR_REQUESTS)[number]) => T | undefined): T | undefined {
  for (const family of FAMILIES_FOR_REQUESTS) {
    const known = ask(family);
    if (known !== undefined) return known;
  }
  return undefined;
}

const PARAMETERS: ReadonlyMap<string, TakeParameter> = new Map(
  [COMMON_PARAMETERS, ...FAMILIES_FOR_REQUESTS.map(({ parameters }) => parameters ?? {})].flatMap((named) =>
    Object.entries(named),
  ),
);

/** Deeper than any client nests them; ends circles. */
const DEEPEST = 4;

/**
 * The request attributes of the conventions beside the model, as far as the request sets them.
 *
 * @param fields those of the request, as {@link readRequest} found them
 * @param bag what they are put into
 * @param depth how many objects the fields lie in
 */
export function requestAttributes(fields: unknown, bag: Attributes = {}, depth = 0): Attributes {
  if (typeof fields !== 'object' || fields === null || depth > DEEPEST) return bag;
  const takeInner = (inner: unknown) => requestAttributes(inner, bag, depth + 1);
  // Requests have few fields, and the table has many names: so it is the request that is gone through.
  for (const field in fields) PARAMETERS.get(field)?.(bag, (fields as Fields)[field], takeInner);
  return bag;
}
