import type { Operation } from '../call/operation.js';
import { ask, COMMON_OPTIONS, type CommonOptions, DEFAULT_LOG_POLICY, withOptions } from '../call/options.js';
import { namesAgent } from '../genai/agent-turn.js';
import { GENAI_METRICS } from '../genai/metrics.js';
import { withoutOwner } from '../genai/one-span/owner.js';
import { ATTR_GEN_AI_OPERATION_NAME, ATTR_GEN_AI_WORKFLOW_NAME, OPERATION_INVOKE_WORKFLOW } from '../genai/semconv.js';
import { SpanKind } from '../otel.js';
import { type DecoratorFor, observingDecorator } from './define.js';
import { isOptions, wrongOptions } from './misuse.js';

/** Options of {@link Workflow}. Its `name` names the workflow, and so has to be low in cardinality. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export type WorkflowOptions<A extends unknown[] = any[], V = any> = CommonOptions<A, V>;

/**
 * A chain or graph of model calls, retrievals and tools that answers one request.
 *
 * Span: `invoke_workflow {workflow}`, kind INTERNAL (GenAI conventions, workflow span). Without a name the workflow is
 * called as its method, `Class.method`.
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function, or has an unknown option
 *
 * @example
 * ```ts
 * class Rag {
 *   @Workflow('rag.answer')
 *   async answer(question: string): Promise<string> {
 *     return this.generate(question, await this.search.find(question));
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function Workflow<A extends unknown[] = any[], V = any>(
  nameOrOptions: string | WorkflowOptions<A, V> = {},
): DecoratorFor<A, V> {
  const options = typeof nameOrOptions === 'string' ? { name: nameOrOptions } : nameOrOptions;
  if (!isOptions(options)) throw wrongOptions('Workflow', "@Workflow('rag.answer')", options);
  const { name, ...others } = options;
  const operation = withOptions(workflow(name), others);
  return observingDecorator({ decorator: 'Workflow', options, known: COMMON_OPTIONS }, operation);
}

/** The operation of a workflow. */
export function workflow(name: CommonOptions['name']): Operation {
  return {
    kind: SpanKind.INTERNAL,
    log: DEFAULT_LOG_POLICY,
    type: OPERATION_INVOKE_WORKFLOW,
    ...GENAI_METRICS,
    label: typeof name === 'string' ? name : undefined,
    name: (_call, bag) => `${OPERATION_INVOKE_WORKFLOW} ${bag[ATTR_GEN_AI_WORKFLOW_NAME]}`,
    onStart(call) {
      const workflowName = typeof name === 'function' ? ask('the name callback', () => name(...call.args)) : name;
      return namesAgent(
        {
          [ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_WORKFLOW,
          [ATTR_GEN_AI_WORKFLOW_NAME]:
            typeof workflowName === 'string' && workflowName !== '' ? workflowName : call.calledAs,
        },
        call.context,
      );
    },
    enter: withoutOwner,
  };
}
