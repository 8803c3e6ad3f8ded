import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../../genai/semconv.js';

const NAMES = [
  [semconv.ATTR_GEN_AI_AGENT_NAME, 'microsoft.gen_ai.main_agent.name'],
  [semconv.ATTR_GEN_AI_AGENT_ID, 'microsoft.gen_ai.main_agent.id'],
  [semconv.ATTR_GEN_AI_AGENT_VERSION, 'microsoft.gen_ai.main_agent.version'],
  [semconv.ATTR_GEN_AI_CONVERSATION_ID, 'microsoft.gen_ai.main_agent.conversation_id'],
] as const;

/**
 * The names under which Foundry finds what belongs to an agent, as Microsoft's own processors derive them from the
 * agent's span.
 *
 * @param clean removes what is not to leave the process
 */
export function mainAgentOf(
  attributes: Attributes,
  clean: (attributes: Attributes) => Attributes = (same) => same,
): Attributes | undefined {
  if (
    attributes[semconv.ATTR_GEN_AI_AGENT_NAME] === undefined &&
    attributes[semconv.ATTR_GEN_AI_AGENT_ID] === undefined
  ) {
    return undefined;
  }
  const agent = clean(Object.fromEntries(NAMES.map(([name]) => [name, attributes[name]])));
  return Object.fromEntries(
    NAMES.map(([name, main]) => [main, agent[name]]).filter(([, value]) => value !== undefined),
  );
}
