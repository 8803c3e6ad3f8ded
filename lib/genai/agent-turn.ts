import type { Attributes, Context } from '@opentelemetry/api';
import { layer } from '../context/layered-context.js';
import { createTraceKey } from '../context/own-trace.js';
import * as semconv from './semconv.js';

/** What happens in one turn of an agent. Calls of an agent below it are that agent's. */
export interface AgentTurn {
  readonly agent: string;
  inferenceCalls: number;
  toolCalls: number;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
}

const TURN = createTraceKey('annotel.agent');

/** The turn that a context belongs to. */
export function agentTurn(context: Context): AgentTurn | undefined {
  return context.getValue(TURN) as AgentTurn | undefined;
}

/** `context` in a new turn of an agent. */
export function withAgentTurn(context: Context, agent: string): Context {
  const turn: AgentTurn = { agent, inferenceCalls: 0, toolCalls: 0, inputTokens: undefined, outputTokens: undefined };
  return layer(context, TURN, turn);
}

/** Says which agent a call belongs to. */
export function namesAgent(bag: Attributes, context: Context): Attributes {
  const turn = agentTurn(context);
  if (turn) bag[semconv.ATTR_GEN_AI_AGENT_NAME] = turn.agent;
  return bag;
}

/** Adds what a finished model call used to the turn that it belongs to. */
export function countTokens(bag: Attributes, context: Context): void {
  const turn = agentTurn(context);
  if (!turn) return;
  const input = bag[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS];
  const output = bag[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS];
  if (typeof input === 'number' && input >= 0) turn.inputTokens = (turn.inputTokens ?? 0) + input;
  if (typeof output === 'number' && output >= 0) turn.outputTokens = (turn.outputTokens ?? 0) + output;
}
