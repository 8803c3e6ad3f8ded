import type { Attributes } from '@opentelemetry/api';
import type { Operation } from '../call/operation.js';
import {
  ask,
  COMMON_OPTIONS,
  type CommonOptions,
  DEFAULT_LOG_POLICY,
  type OptionNames,
  withOptions,
} from '../call/options.js';
import { agentTurn, withAgentTurn } from '../genai/agent-turn.js';
import { GENAI_METRICS } from '../genai/metrics.js';
import { withoutOwner } from '../genai/one-span/owner.js';
import * as semconv from '../genai/semconv.js';
import { SpanKind } from '../otel.js';
import { type DecoratorFor, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** Options of {@link Agent}. Its `name` names the agent, and so has to be low in cardinality. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface AgentOptions<A extends unknown[] = any[], V = any> extends CommonOptions<A, V> {
  /** `gen_ai.agent.description`. */
  description?: string;
  /** `gen_ai.request.model`: where the agent always asks the same model. */
  model?: string;
}

const OPTIONS: OptionNames<AgentOptions> = { ...COMMON_OPTIONS, description: true, model: true };

/**
 * One turn of an agent that runs in this process: it asks models and calls tools until it has an answer. The agent is named
 * on everything below it; its own model and tool calls are counted and the tokens of the former summed up, those of an agent
 * below it are that one's.
 *
 * Span: `invoke_agent {agent}`, kind INTERNAL (GenAI conventions, invoke agent span). Without a name the agent is called as
 * its method, `Class.method`.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function, or has an unknown option
 *
 * @example
 * ```ts
 * class Support {
 *   @Agent('support')
 *   async turn(question: string): Promise<string> {
 *     // Model and tool calls in here are the agent's.
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function Agent<A extends unknown[] = any[], V = any>(
  nameOrOptions: string | AgentOptions<A, V> = {},
): DecoratorFor<A, V> {
  const options = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  if (!isOptions(options)) throw wrongOptions('Agent', "@Agent({ name: 'researcher' })", options);
  const { name, ...others } = options;
  const operation = withOptions(agent(options), others);
  return observingDecorator({ decorator: 'Agent', options, known: OPTIONS }, operation);
}

/** The operation of an agent's turn. */
export function agent({ name, description, model }: AgentOptions): Operation {
  return {
    kind: SpanKind.INTERNAL,
    log: DEFAULT_LOG_POLICY,
    type: semconv.OPERATION_INVOKE_AGENT,
    ...GENAI_METRICS,
    label: typeof name === 'string' ? name : undefined,
    name: (_call, bag) => `${semconv.OPERATION_INVOKE_AGENT} ${bag[semconv.ATTR_GEN_AI_AGENT_NAME]}`,
    onStart(call) {
      const agentName = typeof name === 'function' ? ask('the name callback', () => name(...call.args)) : name;
      const bag: Attributes = {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: semconv.OPERATION_INVOKE_AGENT,
        [semconv.ATTR_GEN_AI_AGENT_NAME]: typeof agentName === 'string' && agentName !== '' ? agentName : call.calledAs,
      };
      if (model) bag[semconv.ATTR_GEN_AI_REQUEST_MODEL] = model;
      return bag;
    },
    describe: () => (description ? { [semconv.ATTR_GEN_AI_AGENT_DESCRIPTION]: description } : {}),
    enter: (parent, _observation, bag) =>
      withAgentTurn(withoutOwner(parent), String(bag[semconv.ATTR_GEN_AI_AGENT_NAME])),
    complete(_bag, context) {
      const turn = agentTurn(context);
      if (!turn) return undefined;
      const summed: Attributes = {
        [semconv.ATTR_ANNOTEL_AGENT_INFERENCE_CALLS]: turn.inferenceCalls,
        [semconv.ATTR_ANNOTEL_AGENT_TOOL_CALLS]: turn.toolCalls,
      };
      if (turn.inputTokens !== undefined) summed[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS] = turn.inputTokens;
      if (turn.outputTokens !== undefined) summed[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS] = turn.outputTokens;
      return summed;
    },
  };
}
