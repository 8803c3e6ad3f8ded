export { annotate, recordEvent } from './annotate.js';
export { carrierVia } from './carriers.js';
export { Agent, type AgentOptions } from './decorators/agent.js';
export { Embedding, type EmbeddingOptions } from './decorators/embedding.js';
export { LlmCall, type LlmCallOptions } from './decorators/llm-call.js';
export type { MethodDecorator, MethodOrClassDecorator } from './decorators/method-decorator.js';
export { llmRequest } from './decorators/model-call.js';
export type { CommonOptions } from './decorators/observing.js';
export { Retrieval, type RetrievalOptions } from './decorators/retrieval.js';
export { SpanAttribute } from './decorators/span-attribute.js';
export { ToolCall, type ToolCallOptions } from './decorators/tool-call.js';
export { Traced, type TracedOptions } from './decorators/traced.js';
export { Untraced } from './decorators/untraced.js';
export { Workflow, type WorkflowOptions } from './decorators/workflow.js';
export { type Evaluation, type Feedback, recordEvaluation, recordFeedback } from './feedback.js';
export { type CacheMark, type FallbackMark, markCache, markFallback, markSafety, type SafetyMark } from './marks.js';
export { isObserved } from './observation/observe.js';
export type { LogPolicy } from './observation/operation.js';
export { type RequestContext, requestContext, withRequestContext } from './request-context.js';
export type { LlmRequest } from './responses/request.js';
export type { ModelResponse, TokenUsage } from './responses/response.js';
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
export { traceHandle } from './trace-handle.js';
