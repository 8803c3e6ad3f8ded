import type { Fold } from '../call/operation.js';
import { modelCall } from '../genai/model-call.js';
import { langChainProvider } from '../genai/providers/langchain/metadata.js';
import { readResponse } from '../genai/providers/registry.js';
import { OPERATION_CHAT, OPERATION_TEXT_COMPLETION } from '../genai/semconv.js';
import { numberOf, objectOf, stringOf } from '../genai/shape.js';
import { isCaptured } from '../privacy/content.js';
import type { Observed } from './runs.js';

/** A call to a model, as the callback of its start describes it. */
export interface ModelRun {
  readonly className: string | undefined;
  /** Messages of a chat model, or the texts that another completes. */
  readonly input: { readonly messages: unknown } | { readonly prompt: unknown };
  readonly extraParams: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The result of a model run, which takes precedence over the chunks that it streamed before. */
export interface ModelEnd {
  result: object | undefined;
}

/** The model call of a run. */
export function observeModel(run: ModelRun, end: ModelEnd): Observed {
  const { className = 'model', input, metadata } = run;
  const name = 'messages' in input ? OPERATION_CHAT : OPERATION_TEXT_COMPLETION;
  const provider = langChainProvider(metadata['ls_provider']);
  const operation = modelCall(name, {
    request: (request: object) => request,
    ...(provider === undefined ? undefined : { provider }),
  });
  const fold = (detail: boolean): Fold => {
    const streamed = operation.fold?.(detail);
    return {
      add: (chunk) => streamed?.add(chunk),
      value: () => {
        const complete = end.result && readResponse(end.result, { detail, content: detail && isCaptured('output') });
        return complete ?? streamed?.value();
      },
    };
  };
  return { operation: { ...operation, fold }, method: className, args: [requestOf(run)] };
}

/** A request such as providers get it; the parameters that every LangChain model reports fill the gaps. */
function requestOf({ input, extraParams, metadata }: ModelRun): object {
  const parameters = objectOf(objectOf(extraParams)?.['invocation_params']) ?? {};
  const model = stringOf(metadata['ls_model_name']) ?? parameters['model'] ?? parameters['model_name'];
  const temperature = parameters['temperature'] ?? numberOf(metadata['ls_temperature']);
  return {
    max_tokens: metadata['ls_max_tokens'],
    stop: metadata['ls_stop'],
    ...parameters,
    model,
    temperature,
    ...input,
  };
}
