import { isCaptured } from '../content.js';
import { toolCall } from '../decorators/tool-call.js';
import { langChainMessage } from '../messages/langchain.js';
import { parsed } from '../messages/message.js';
import { ATTR_ERROR_TYPE } from '../signals/semconv.js';
import type { Observed } from './langchain-runs.js';

/** `error.type` of a tool that answers that it failed; MCP's word for it. */
const TOOL_ERROR = 'tool_error';

/**
 * The tool call of a run.
 *
 * @param input the arguments, as JSON
 * @param callId the id under which the model asked for the call
 */
export function observeTool(name: string, input: string, callId: string | undefined): Observed {
  const operation = toolCall({ name, callId: () => callId, arguments: (given) => given });
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
