export { annotate, recordEvent } from './call/annotate.js';
export type { LogPolicy } from './call/operation.js';
export type { CommonOptions } from './call/options.js';
export { isObserved } from './call/wrap.js';
export { carrierVia, injectContext } from './context/carriers.js';
export { type RequestContext, requestContext, withRequestContext } from './context/request-context.js';
export { Agent, type AgentOptions } from './decorators/agent.js';
export { type Carrier, Consumer, type ConsumerOptions } from './decorators/consumer.js';
export type { AnyMethodDecorator, MethodDecorator, MethodOrClassDecorator } from './decorators/define.js';
export { Embedding, type EmbeddingOptions } from './decorators/embedding.js';
export { LlmCall, type LlmCallOptions } from './decorators/llm-call.js';
export { Retrieval, type RetrievalOptions } from './decorators/retrieval.js';
export { SpanAttribute } from './decorators/span-attribute.js';
export { ToolCall, type ToolCallOptions } from './decorators/tool-call.js';
export { Traced, type TracedOptions } from './decorators/traced.js';
export { Untraced } from './decorators/untraced.js';
export { Workflow, type WorkflowOptions } from './decorators/workflow.js';
export type { ModelResponse, TokenUsage } from './genai/answer.js';
export { type Evaluation, type Feedback, recordEvaluation, recordFeedback } from './genai/feedback.js';
export {
  type CacheMark,
  type FallbackMark,
  markCache,
  markFallback,
  markSafety,
  type SafetyMark,
} from './genai/marks.js';
export { llmRequest } from './genai/model-call.js';
export type { LlmRequest } from './genai/request.js';
export { traceHandle } from './genai/trace-handle.js';
export { SpanKind } from './otel.js';
export {
  type CapturedContent,
  type ContentCapture,
  type ContentField,
  configure,
  type MetricContextKey,
  type ModelPrice,
  type RedactionSet,
  type SemconvGeneration,
  type Settings,
} from './settings.js';
