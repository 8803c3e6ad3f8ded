import type { Attributes } from '@opentelemetry/api';
import { ask } from '../call/options.js';
import { settings } from '../settings.js';
import type { ModelResponse } from './answer.js';
import { estimatedUsage, textOfConversation, textOfMessages } from './estimate.js';
import { readConversation } from './messages/read.js';
import { findRequest, requestWithin } from './request.js';
import * as semconv from './semconv.js';
import { stringOf } from './shape.js';

/*
 * For answers that tell no usage, such as a stream without `include_usage`. Only where `settings().countTokens` is set.
 */

/** @param said what the model said: the answer that was read, or the text that the method made of one */
export function estimateOutput(said: ModelResponse | string, model: unknown): Attributes {
  if (!settings().countTokens) return {};
  const text = typeof said === 'string' ? said : said.output && textOfMessages(said.output);
  return estimate(model, text, undefined);
}

/** @param given the arguments of the method: the request among them, or else all texts */
export function estimateInput(bag: Attributes, given: readonly unknown[]): Attributes {
  const request = findRequest(given);
  const conversation = request && readConversation(requestWithin(request));
  const texts = given.filter((argument) => typeof argument === 'string');
  const text = conversation ? textOfConversation(conversation) : texts.length > 0 ? texts.join('\n') : undefined;
  const model = bag[semconv.ATTR_GEN_AI_RESPONSE_MODEL] ?? bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
  return estimate(model, undefined, text);
}

function estimate(model: unknown, said: string | undefined, asked: string | undefined): Attributes {
  const { countTokens } = settings();
  if (!countTokens) return {};
  return ask('countTokens', () => estimatedUsage(countTokens, stringOf(model), said, asked)) ?? {};
}
