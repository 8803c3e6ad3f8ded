import type { Attributes } from '@opentelemetry/api';
import type { Call, Operation } from '../call/operation.js';
import {
  ask,
  COMMON_OPTIONS,
  type CommonOptions,
  DEFAULT_LOG_POLICY,
  type OptionNames,
  withOptions,
} from '../call/options.js';
import { agentTurn, namesAgent } from '../genai/agent-turn.js';
import { parsed } from '../genai/messages/message.js';
import { GENAI_METRICS } from '../genai/metrics.js';
import { withoutOwner } from '../genai/one-span/owner.js';
import type { ToolRequest } from '../genai/providers/family.js';
import { toolRequest } from '../genai/providers/registry.js';
import * as semconv from '../genai/semconv.js';
import { SpanKind } from '../otel.js';
import { capture, isCaptured } from '../privacy/content.js';
import { safely } from '../safely.js';
import { type DecoratorFor, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** Options of {@link ToolCall}. Its `name` names the tool, as the model knows it. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface ToolCallOptions<A extends unknown[] = any[], V = any> extends CommonOptions<A, V> {
  /** `gen_ai.tool.type`: `function` (default), `extension` or `datastore`. */
  type?: string;
  /** `gen_ai.tool.description`. */
  description?: string;
  /** `gen_ai.tool.call.id`: the id under which the model asked for the call. Default: that of the tool call object. */
  callId?: (...args: A) => string | undefined;
  /**
   * What is recorded as the tool's arguments where content is captured; not asked where it is not. Default: those of the tool
   * call object, else what the method is called with.
   */
  arguments?: (...args: A) => unknown;
}

const OPTIONS: OptionNames<ToolCallOptions> = {
  ...COMMON_OPTIONS,
  type: true,
  description: true,
  callId: true,
  arguments: true,
};

/**
 * A tool that a model asked for. Arguments and result are recorded only where content is captured.
 *
 * Span: `execute_tool {tool}`, kind INTERNAL (GenAI conventions, execute tool span). Without a name the tool is called as its
 * method. Counts for the agent whose turn it runs in.
 *
 * A method that dispatches takes the provider's tool call object as its first argument: name, id and arguments of the call are
 * read from it by its shape, unless the options say them. A name that comes with the call is what a model wrote, and a
 * dimension of metrics: one that is not printable or longer than 128 characters gives way to the method's. Where a model may
 * make names up, refuse them before this method, or let `name` map them to the known ones.
 *
 * A tool that catches its own errors and returns them as text shows none: catch outside of the decorated method, or rethrow.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function, or has an unknown option
 *
 * @example
 * ```ts
 * class Tools {
 *   @ToolCall('get_weather')
 *   weather(city: string): Promise<string> {
 *     return this.forecasts.of(city);
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function ToolCall<A extends unknown[] = any[], V = any>(
  nameOrOptions: string | ToolCallOptions<A, V> = {},
): DecoratorFor<A, V> {
  const options = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  if (!isOptions(options)) throw wrongOptions('ToolCall', "@ToolCall('search')", options);
  const { name, ...others } = options;
  const operation = withOptions(toolCall(options), others);
  return observingDecorator({ decorator: 'ToolCall', options, known: OPTIONS }, operation);
}

/** The operation of a tool call. */
export function toolCall(options: ToolCallOptions): Operation {
  const { name, type, description, callId } = options;
  return {
    kind: SpanKind.INTERNAL,
    log: DEFAULT_LOG_POLICY,
    type: semconv.OPERATION_EXECUTE_TOOL,
    ...GENAI_METRICS,
    label: typeof name === 'string' ? name : undefined,
    name: (_call, bag) => `${semconv.OPERATION_EXECUTE_TOOL} ${bag[semconv.ATTR_GEN_AI_TOOL_NAME]}`,
    onStart(call) {
      const bag: Attributes = {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: semconv.OPERATION_EXECUTE_TOOL,
        [semconv.ATTR_GEN_AI_TOOL_NAME]: toolName(call, name),
        [semconv.ATTR_GEN_AI_TOOL_TYPE]: type ?? 'function',
      };
      return namesAgent(bag, call.context);
    },
    describe({ args }, span) {
      const bag: Attributes = {};
      if (description) bag[semconv.ATTR_GEN_AI_TOOL_DESCRIPTION] = description;
      const request = requestIn(args);
      const id = callId ? ask('the callId callback', () => callId(...args)) : request?.id;
      if (typeof id === 'string' && id !== '') bag[semconv.ATTR_GEN_AI_TOOL_CALL_ID] = id;
      if (!isCaptured('toolArguments')) return bag;
      return Object.assign(bag, capture('toolArguments', argumentsOf(args, request, options), span));
    },
    enter(parent) {
      const turn = agentTurn(parent);
      if (turn) turn.toolCalls += 1;
      return withoutOwner(parent);
    },
    onEnd: (value, stream, detail, span) =>
      !stream && detail && value !== undefined && isCaptured('toolResult') ? capture('toolResult', value, span) : {},
  };
}

function requestIn(args: readonly unknown[]): ToolRequest | undefined {
  return safely('reading a tool call object', () => toolRequest(args[0]));
}

function toolName({ method, args }: Call, name: ToolCallOptions['name']): string {
  if (typeof name === 'string' && name !== '') return name;
  const tool = typeof name === 'function' ? ask('the name callback', () => name(...args)) : requestIn(args)?.name;
  return typeof tool === 'string' && NAME.test(tool) ? tool : ownName(method);
}

/** What may become a dimension of metrics: printable, and not endless. */
const NAME = /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u;

/** What is captured. The `arguments` option alone decides where it is set: it may be there to leave something out. */
function argumentsOf(args: readonly unknown[], request: ToolRequest | undefined, options: ToolCallOptions): unknown {
  const { arguments: callback } = options;
  if (callback) return ask('the arguments callback', () => callback(...args));
  if (request) return parsed(request.arguments);
  return args.length === 1 ? args[0] : args;
}

/** `Class.method` without the class: what models know tools by. */
function ownName(method: string): string {
  return method.slice(method.lastIndexOf('.') + 1);
}
