import type { Attributes } from '@opentelemetry/api';
import { ask } from '../call/options.js';
import { settings } from '../settings.js';
import type { ModelResponse } from './answer.js';
import type { Conversation, Message, Part } from './messages/message.js';
import { readConversation } from './providers/registry.js';
import { findRequest, readRequest } from './request.js';
import * as semconv from './semconv.js';
import { countOf, stringOf } from './shape.js';

/*
 * Token counts for answers that have no usage, such as a stream without `include_usage`, marked as estimated. Only where
 * `settings().countTokens` is set. What providers add to a text (roles, templates, tools) is not counted, so that estimates are
 * a little low.
 */

/** @param answer as it was read, or the text that the method made of it */
export function estimateOutput(answer: ModelResponse | string, model: unknown): Attributes {
  if (!settings().countTokens) return {};
  const text = typeof answer === 'string' ? answer : answer.output && textOfMessages(answer.output);
  return estimate(model, text, semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS);
}

/** @param args of the method: the request is one of them, or else all texts are what was asked */
export function estimateInput(bag: Attributes, args: readonly unknown[]): Attributes {
  const request = findRequest(args);
  const conversation = request && readConversation(readRequest(request).fields);
  const texts = args.filter((argument) => typeof argument === 'string');
  const text = conversation ? textOfConversation(conversation) : texts.length > 0 ? texts.join('\n') : undefined;
  const model = bag[semconv.ATTR_GEN_AI_RESPONSE_MODEL] ?? bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
  return estimate(model, text, semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS);
}

function estimate(model: unknown, text: string | undefined, attribute: string): Attributes {
  const { countTokens } = settings();
  if (!countTokens || text === undefined) return {};
  const count = countOf(ask('countTokens', () => countTokens(text, stringOf(model))));
  return count === undefined ? {} : { [attribute]: count, [semconv.ATTR_ANNOTEL_USAGE_ESTIMATED]: true };
}

/** All text of a request. */
function textOfConversation({ system, input, tools }: Conversation): string {
  const parts = [...(system ?? []), ...(input ?? []).flatMap((message) => message.parts)];
  const definitions = (tools ?? []).map((tool) => JSON.stringify(tool));
  return [...parts.map(textOfPart), ...definitions].join('\n');
}

/** All text of an answer. */
function textOfMessages(messages: readonly Message[]): string {
  return messages.flatMap((message) => message.parts.map(textOfPart)).join('\n');
}

function textOfPart(part: Part): string {
  const { content, arguments: args, response } = part as Record<string, unknown>;
  if (part.type === 'blob') return '';
  if (typeof content === 'string') return content;
  const value = args ?? response;
  if (value === undefined) return '';
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
