import type { Context } from '@opentelemetry/api';
import { callIn } from '../call/current.js';
import type { Operation } from '../call/operation.js';
import { agent } from '../decorators/agent.js';
import { TRACED } from '../decorators/traced.js';
import { workflow } from '../decorators/workflow.js';
import { ownerOf } from '../genai/one-span/owner.js';
import { isInference } from '../genai/semconv.js';
import type { Observed } from './runs.js';

/** A chain, graph, node or any other runnable, as the callback of its start describes it. */
export interface Chain {
  /** What its author calls it; else what its class is called. */
  readonly name: string | undefined;
  readonly className: string | undefined;
  /** `prompt`, `parser`, or nothing. */
  readonly type: string | undefined;
  readonly tags: readonly unknown[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What the user says of the graphs that the handler sees. */
export interface ChainOptions {
  /** Graphs, by name, that are agents. Those that LangChain's `createAgent` makes are known. */
  readonly agents?: readonly string[];
  /** `gen_ai.workflow.name` of the outermost chain where it has no name of its own. */
  readonly workflowName?: string;
}

/** LangChain's own names of things that nobody named. */
const UNNAMED = /^(Runnable\w*|(Channel(Write|Read)|Branch)\b.*|LangGraph|\w*StructuredOutput(Runnable)?)$/;

/**
 * What is observed of a chain; `undefined` where it is only passed through: plumbing that would bury the tree.
 *
 * The outermost chain is a workflow, and so is a named graph within another; a graph that is an agent is an agent's turn;
 * what else has a name is a span of its own.
 */
export function observeChain(
  chain: Chain,
  parent: Context,
  isRoot: boolean,
  { agents, workflowName }: ChainOptions,
): Observed | undefined {
  const { name, className, type, tags } = chain;
  if (type === 'prompt' || type === 'parser' || tags.includes('langsmith:hidden')) return undefined;
  // A chain around a model, inside a decorated method that stands for the call.
  if (ownerOf(parent, isInference)) return undefined;
  const ownName = name === undefined || name === className || UNNAMED.test(name) ? undefined : name;
  const isGraph = className === 'CompiledStateGraph' || className === 'CompiledGraph' || className === 'Pregel';
  const agentName = isGraph ? nameOfAgent(chain, ownName, agents) : undefined;
  if (agentName !== undefined) return observed(agentName, agent({ name: agentName }));
  if (isRoot) {
    const called = ownName ?? workflowName ?? (callIn(parent) ? undefined : (name ?? className ?? 'chain'));
    return called === undefined ? undefined : observed(called, workflow(called));
  }
  if (ownName === undefined) return undefined;
  if (isGraph) return observed(ownName, workflow(ownName));
  const isStep = tags.some((tag) => typeof tag === 'string' && tag.startsWith('seq:step'));
  return isStep && className === 'RunnableLambda' ? undefined : observed(ownName, TRACED);
}

/** Metadata is handed down to whatever runs below, where it no longer describes the graph itself. */
function nameOfAgent(
  { metadata }: Chain,
  ownName: string | undefined,
  agents: readonly string[] = [],
): string | undefined {
  const declared = metadata['lc_agent_name'];
  const name = typeof declared === 'string' && declared !== '' ? declared : undefined;
  if (ownName !== undefined) return agents.includes(ownName) || ownName === name ? ownName : undefined;
  return metadata['ls_integration'] === 'langchain_create_agent' ? (name ?? 'LangGraph') : undefined;
}

const observed = (method: string, operation: Operation): Observed => ({ method, operation, args: [] });
