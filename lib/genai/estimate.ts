import type { Attributes } from '@opentelemetry/api';
import type { Conversation, Message, Part } from './messages/message.js';
import * as semconv from './semconv.js';

/** Counts the tokens of a text, as the given model would. */
export type TokenCounter = (text: string, model: string | undefined) => number;

/**
 * Token counts for an answer that tells none, marked as estimated. What providers add to a text (roles, templates, tools) is
 * not counted, so they are a little low.
 *
 * @param said what the model said; `undefined` where that is not known
 * @param asked what it was asked; `undefined` where that is not known
 */
export function estimatedUsage(
  count: TokenCounter,
  model: string | undefined,
  said: string | undefined,
  asked: string | undefined,
): Attributes {
  const bag: Attributes = {};
  const input = asked === undefined ? undefined : count(asked, model);
  const output = said === undefined ? undefined : count(said, model);
  if (isCount(input)) bag[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS] = input;
  if (isCount(output)) bag[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS] = output;
  if (isCount(input) || isCount(output)) bag[semconv.ATTR_ANNOTEL_USAGE_ESTIMATED] = true;
  return bag;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

/** All text of a request. */
export function textOfConversation({ system, input, tools }: Conversation): string {
  const parts = [...(system ?? []), ...(input ?? []).flatMap((message) => message.parts)];
  const described = (tools ?? []).map((tool) => JSON.stringify(tool));
  return [...parts.map(textOfPart), ...described].join('\n');
}

/** All text of an answer. */
export function textOfMessages(messages: readonly Message[]): string {
  return messages.flatMap((message) => message.parts.map(textOfPart)).join('\n');
}

function textOfPart(part: Part): string {
  const { content, arguments: given, response } = part as Record<string, unknown>;
  if (part.type === 'blob') return '';
  if (typeof content === 'string') return content;
  const said = given ?? response;
  if (said === undefined) return '';
  return typeof said === 'string' ? said : (JSON.stringify(said) ?? '');
}
