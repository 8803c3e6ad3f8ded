import type { CallInFlight } from '../call/call.js';
import { retrieval } from '../decorators/retrieval.js';
import { ATTR_ANNOTEL_CACHE_HIT, ATTR_ANNOTEL_CACHE_TYPE } from '../genai/semconv.js';
import { objectOf, stringOf } from '../genai/shape.js';
import { safely } from '../safely.js';
import { type ChainOptions, observeChain } from './chains.js';
import { type ModelEnd, type ModelRun, observeModel } from './models.js';
import { endRun, type Run, runOf, startRun } from './runs.js';
import { observeTool } from './tools.js';

/** Options of {@link TelemetryCallbackHandler}. */
export type TelemetryCallbackOptions = ChainOptions;

type Metadata = Record<string, unknown>;

/** What LangChain passes of a model run, after the model and what it is asked. */
type ModelStart = [runId: string, parentId?: string, extraParams?: Metadata, tags?: string[], metadata?: Metadata];

/**
 * Records what LangChain and LangGraph run, with the spans, metrics and log records of the decorators, under the active span.
 * One handler may serve any number of calls at once.
 *
 * Spans: `invoke_workflow {name}` for the outermost chain or graph and for named graphs within, `invoke_agent {name}` for
 * agents, `{name}` for nodes and named chains, `chat {model}`, `execute_tool {tool}`, `retrieval {retriever}`.
 *
 * The HTTP request of a model is no child of its `chat` span but stands beside it: LangChain calls its handlers around the
 * model, not within it, and has no place for a context in which the model would run.
 *
 * Inside a method decorated with `@LlmCall` the model run is that call: it has no span of its own. What the code of tools,
 * nodes and lambdas does is a child of their run where LangChain keeps track of it, as it does with LangGraph or with
 * `@langchain/core/context` loaded. Needs no LangChain package to load, never throws and delays nothing.
 *
 * @example
 * ```ts
 * const handler = new TelemetryCallbackHandler({ agents: ['researcher'] });
 * const answer = await graph.invoke({ messages }, { callbacks: [handler] });
 * ```
 */
export class TelemetryCallbackHandler {
  readonly name = 'annotel';
  /** LangChain calls the handler in the context of the caller and in order, instead of from a queue in the background. */
  readonly awaitHandlers = true;
  readonly raiseError = false;
  readonly ignoreLLM = false;
  readonly ignoreChain = false;
  readonly ignoreAgent = false;
  readonly ignoreRetriever = false;
  readonly ignoreCustomEvent = true;

  constructor(private readonly options: TelemetryCallbackOptions = {}) {}

  /** LangChain recognises handlers by this method. */
  copy(): this {
    return this;
  }

  /** `@langchain/core` passes the parent fourth and the name eighth; its types name these two the other way round. */
  handleChainStart(
    chain: unknown,
    _inputs: unknown,
    runId: string,
    parentOrType?: string,
    tags?: string[],
    metadata?: Metadata,
    typeOrName?: string,
    nameOrParent?: string,
  ): void {
    const isTyped = nameOrParent !== undefined && isRunId(nameOrParent) && !isRunId(parentOrType);
    const [parentId, type, name] = isTyped
      ? [nameOrParent, parentOrType, typeOrName]
      : [parentOrType, typeOrName, nameOrParent];
    begin(runId, parentId, tags, metadata, (context, isRoot) => {
      const start = {
        name: stringOf(name),
        className: classOf(chain),
        type,
        tags: tags ?? [],
        metadata: metadata ?? {},
      };
      return observeChain(start, context, isRoot, this.options);
    });
  }

  handleChainEnd(_outputs: unknown, runId: string): void {
    finish(runId);
  }

  handleChainError(error: unknown, runId: string): void {
    fail(runId, error);
  }

  handleChatModelStart(model: unknown, messages: unknown[][], ...start: ModelStart): void {
    beginModel(model, () => ({ messages: messages[0] }), start);
  }

  handleLLMStart(model: unknown, prompts: string[], ...start: ModelStart): void {
    beginModel(model, () => ({ prompt: prompts[0] }), start);
  }

  handleLLMNewToken(
    _token: string,
    _index: unknown,
    runId: string,
    _parentId?: string,
    _tags?: string[],
    fields?: { chunk?: unknown },
  ): void {
    safely('reading a chunk of a LangChain run', () => runOf(runId)?.item(objectOf(fields?.chunk)?.['message']));
  }

  handleLLMEnd(result: object, runId: string, _parentId?: string, _tags?: string[], extraParams?: Metadata): void {
    safely('reading the answer of a LangChain run', () => {
      const run = runOf(runId);
      const end = run && ends.get(run);
      if (end) end.result = result;
      // The cache of LangChain itself.
      if (extraParams?.['cached'] !== true) return;
      run?.observation?.add({ [ATTR_ANNOTEL_CACHE_HIT]: true, [ATTR_ANNOTEL_CACHE_TYPE]: 'semantic' });
    });
    finish(runId, result);
  }

  handleLLMError(error: unknown, runId: string): void {
    fail(runId, error);
  }

  handleToolStart(
    tool: unknown,
    input: string,
    runId: string,
    parentId?: string,
    tags?: string[],
    metadata?: Metadata,
    runName?: string,
    callId?: string,
  ): void {
    begin(runId, parentId, tags, metadata, () =>
      observeTool(stringOf(runName) ?? classOf(tool) ?? 'tool', input, callId),
    );
  }

  handleToolEnd(output: unknown, runId: string): void {
    finish(runId, output);
  }

  handleToolError(error: unknown, runId: string): void {
    fail(runId, error);
  }

  handleRetrieverStart(
    retriever: unknown,
    query: string,
    runId: string,
    parentId?: string,
    tags?: string[],
    metadata?: Metadata,
    runName?: string,
  ): void {
    begin(runId, parentId, tags, metadata, () => {
      const className = classOf(retriever) ?? 'retriever';
      const operation = retrieval({ dataSource: stringOf(runName) ?? className });
      return { operation, method: className, args: [query] };
    });
  }

  handleRetrieverEnd(documents: unknown, runId: string): void {
    finish(runId, documents);
  }

  handleRetrieverError(error: unknown, runId: string): void {
    fail(runId, error);
  }
}

const ends = new WeakMap<Run, ModelEnd>();

function begin(
  id: string,
  parentId: string | undefined,
  tags: unknown,
  metadata: unknown,
  observe: Parameters<typeof startRun>[1],
): Run | undefined {
  return safely('starting to observe a LangChain run', () => {
    const lease = objectOf(tags ?? metadata);
    return startRun({ id, parentId, lease, threadId: stringOf(objectOf(metadata)?.['thread_id']) }, observe);
  });
}

function beginModel(
  model: unknown,
  input: () => ModelRun['input'],
  [id, parentId, extraParams, tags, metadata]: ModelStart,
): void {
  const end: ModelEnd = { result: undefined };
  const run = begin(id, parentId, tags, metadata, () =>
    observeModel({ className: classOf(model), input: input(), extraParams, metadata: metadata ?? {} }, end),
  );
  if (run) ends.set(run, end);
}

function finish(runId: string, value?: unknown): void {
  safely('ending a LangChain run', () => endRun(runId, (observation) => observation.ok(value)));
}

/** A graph that waits for a human, or hands over to its parent, throws to get there: no failure. */
function fail(runId: string, error: unknown): void {
  const end = (observation: CallInFlight): void =>
    objectOf(error)?.['is_bubble_up'] === true ? observation.ok(undefined) : observation.fail(error);
  safely('ending a LangChain run', () => endRun(runId, end));
}

const isRunId = (value: unknown): boolean => typeof value === 'string' && /^[\da-f]{8}-/i.test(value);

/** The class of what runs, the last part of its id in LangChain's serialised form. */
function classOf(serialized: unknown): string | undefined {
  const id = objectOf(serialized)?.['id'];
  return Array.isArray(id) ? stringOf(id.at(-1)) : undefined;
}
