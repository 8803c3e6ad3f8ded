import { objectOf, stringOf } from '../shape.js';
import type { ToolDefinition } from './message.js';

/**
 * Tools in the form that several APIs took over from OpenAI's: `{ type: 'function', function: { name, description,
 * parameters } }`. Of a tool of another type, its type is recorded.
 */
export function functionTools(tools: unknown): ToolDefinition[] | undefined {
  if (!Array.isArray(tools)) return undefined;
  return tools.flatMap((tool) => {
    const fields = objectOf(tool);
    const declared = objectOf(fields?.['function']);
    const type = stringOf(fields?.['type']) ?? 'function';
    return fields ? [toolDefinition(type, declared ?? {}, declared?.['parameters'])] : [];
  });
}

/** A definition by the `name` and `description` of what declares it; without a name, its type stands for it. */
export function toolDefinition(
  type: string,
  declared: Readonly<Record<string, unknown>>,
  parameters: unknown,
): ToolDefinition {
  const description = stringOf(declared['description']);
  return {
    type,
    name: stringOf(declared['name']) ?? type,
    ...(description === undefined ? undefined : { description }),
    ...(parameters === undefined ? undefined : { parameters }),
  };
}

/** The id of a tool call; Mistral's client fills in the text `null` where a call has none. */
export function toolCallId(call: Readonly<Record<string, unknown>>): string | undefined {
  const id = stringOf(call['id']);
  return id === 'null' ? undefined : id;
}
