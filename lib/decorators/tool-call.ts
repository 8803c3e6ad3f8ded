import { type Attributes, SpanKind } from '@opentelemetry/api';
import { capture, isCaptured } from '../content.js';
import type { Operation } from '../observation/operation.js';
import { withoutClaim } from '../signals/claim.js';
import * as semconv from '../signals/semconv.js';
import { agentTurn, namesAgent } from './agent-turn.js';
import { type MethodDecorator, methodDecorator } from './method-decorator.js';
import { ask, type CommonOptions, DEFAULT_LOG_POLICY, observeSite, withOptions } from './observing.js';
import { isOptions, wrongOptions } from './usage.js';

/** Options of {@link ToolCall}. Its `name` names the tool, as the model knows it. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface ToolCallOptions<A extends unknown[] = any[], V = any> extends CommonOptions<A, V> {
  /** `gen_ai.tool.type`: `function` (default), `extension` or `datastore`. */
  type?: string;
  /** `gen_ai.tool.description`. */
  description?: string;
  /** `gen_ai.tool.call.id`: the id under which the model asked for the call. */
  callId?: (...args: A) => string | undefined;
}

/**
 * A tool that a model asked for. Arguments and result are recorded only where content is captured.
 *
 * Span: `execute_tool {tool}`, kind INTERNAL (GenAI conventions, execute tool span). Without a name the tool is called as its
 * method. Counts for the agent whose turn it runs in.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function ToolCall<A extends unknown[] = any[], V = any>(
  nameOrOptions: string | ToolCallOptions<A, V> = {},
): MethodDecorator<A, V> {
  const options = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  if (!isOptions(options)) throw wrongOptions('ToolCall', "@ToolCall('search')", options);
  const { name, ...others } = options;
  const operation = withOptions(toolCall(options), others);
  return methodDecorator('ToolCall', (site) => observeSite('ToolCall', site, operation));
}

/** The operation of a tool call. */
export function toolCall({ name, type, description, callId }: ToolCallOptions): Operation {
  return {
    kind: SpanKind.INTERNAL,
    log: DEFAULT_LOG_POLICY,
    type: semconv.OPERATION_EXECUTE_TOOL,
    label: typeof name === 'string' ? name : undefined,
    name: (_call, bag) => `${semconv.OPERATION_EXECUTE_TOOL} ${bag[semconv.ATTR_GEN_AI_TOOL_NAME]}`,
    onStart(call) {
      const given = typeof name === 'function' ? ask('the name callback', () => name(...call.args)) : name;
      const bag: Attributes = {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: semconv.OPERATION_EXECUTE_TOOL,
        [semconv.ATTR_GEN_AI_TOOL_NAME]: typeof given === 'string' && given !== '' ? given : ownName(call.method),
        [semconv.ATTR_GEN_AI_TOOL_TYPE]: type ?? 'function',
      };
      return namesAgent(bag, call.context);
    },
    describe({ args }, span) {
      const bag: Attributes = {};
      if (description) bag[semconv.ATTR_GEN_AI_TOOL_DESCRIPTION] = description;
      const id = callId && ask('the callId callback', () => callId(...args));
      if (typeof id === 'string' && id !== '') bag[semconv.ATTR_GEN_AI_TOOL_CALL_ID] = id;
      if (!isCaptured('toolArguments')) return bag;
      return Object.assign(bag, capture('toolArguments', args.length === 1 ? args[0] : args, span));
    },
    enter(parent) {
      const turn = agentTurn(parent);
      if (turn) turn.toolCalls += 1;
      return withoutClaim(parent);
    },
    onEnd: (value, stream, detail, span) =>
      !stream && detail && value !== undefined && isCaptured('toolResult') ? capture('toolResult', value, span) : {},
  };
}

/** `Class.method` without the class: what models know tools by. */
function ownName(method: string): string {
  return method.slice(method.lastIndexOf('.') + 1);
}
