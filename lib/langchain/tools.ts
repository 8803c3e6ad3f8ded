import { toolCall } from '../decorators/tool-call.js';
import { parsed } from '../genai/messages/message.js';
import { langChainMessage } from '../genai/providers/langchain/messages.js';
import { ATTR_ERROR_TYPE } from '../genai/semconv.js';
import { isCaptured } from '../privacy/content.js';
import type { Observed } from './runs.js';

/** `error.type` of a tool that answers that it failed; MCP's word for it. */
const TOOL_ERROR = 'tool_error';

/**
 * The tool call of a run.
 *
 * @param input the arguments, as JSON
 * @param callId the id under which the model asked for the call
 */
export function observeTool(name: string, input: string, callId: string | undefined): Observed {
  const operation = toolCall({ name, callId: () => callId, arguments: (args) => args });
  return {
    operation: {
      ...operation,
      onEnd(value, stream, detail, span) {
        const message = langChainMessage(value);
        const result = message ? message.fields['content'] : value;
        const bag =
          operation.onEnd?.(isCaptured('toolResult') ? parsed(result) : undefined, stream, detail, span) ?? {};
        if (message?.fields['status'] === 'error') bag[ATTR_ERROR_TYPE] = TOOL_ERROR;
        return bag;
      },
    },
    method: name,
    args: isCaptured('toolArguments') ? [parsed(input)] : [],
  };
}
