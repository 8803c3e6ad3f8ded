import type { ModelResponse, ResponseFold, Wanted } from '../../answer.js';
import { beginsEvents, dataIn, EventLines, eventData, parseData } from '../../event-bytes.js';
import { objectOf, stringOf } from '../../shape.js';
import type { Family } from '../family.js';
import { openAI } from '../openai/openai.js';

/*
 * Azure AI Inference, by its REST client. Answers are in the wire format of OpenAI's chat completions and embeddings, within
 * the HTTP response; failures are answers too. Shapes: `@azure-rest/ai-inference` 1.0.0-beta.6.
 */

type Fields = Record<string, unknown>;

export const azureInference: Family = {
  read(answer, wanted) {
    if (!isAzureResponse(answer)) return undefined;
    const fields = answer as Fields;
    const provider = providerAt(stringOf(objectOf(fields['request'])?.['url']));
    if (provider === undefined) return undefined;
    const error = errorOf(fields);
    if (error !== undefined) return { provider, error };
    const body = objectOf(fields['body']);
    const response = body && openAI.read(body, wanted);
    return response && { ...response, ...named(provider, response) };
  },
  startFold(chunk, wanted) {
    if (chunk instanceof Uint8Array) return beginsEvents(chunk) ? new BytesFold(wanted) : undefined;
    return eventData(chunk) === undefined ? undefined : new EventsFold(wanted);
  },
  isHttpResponse: isAzureResponse,
  // Own fields only: the `body` of a fetch `Request` is a getter.
  wrappedRequest: (options) => (Object.hasOwn(options, 'body') ? objectOf(options['body']) : undefined),
};

/** `{ request, headers, status, body }` of `@azure-rest/core-client`, where the status is text. */
function isAzureResponse(value: object): boolean {
  const { request, headers, status } = value as Fields;
  return typeof status === 'string' && objectOf(request) !== undefined && objectOf(headers) !== undefined;
}

const PATHS = /\/(chat\/completions|embeddings)(\?|$)/;

/** The client also speaks to deployments of Azure OpenAI. */
function providerAt(url: string | undefined): string | undefined {
  if (url === undefined || !PATHS.test(url)) return undefined;
  return url.includes('/openai/') ? 'azure.ai.openai' : 'azure.ai.inference';
}

/** The `openai.*` attributes, which other providers do not have, stay with answers of Azure OpenAI. */
function named(provider: string, response: ModelResponse): Pick<ModelResponse, 'provider' | 'attributes'> {
  return { provider, attributes: provider === 'azure.ai.openai' ? response.attributes : undefined };
}

/** The code of a failure: the body's, the header's, else the status. */
function errorOf({ status, headers, body }: Fields): string | undefined {
  const error = objectOf(objectOf(body)?.['error']);
  if (!error && (status as string) < '400') return undefined;
  return stringOf(error?.['code']) ?? stringOf(objectOf(headers)?.['x-ms-error-code']) ?? (status as string);
}

/**
 * Streams are HTTP bodies here (`asNodeStream`), whose events the caller parses himself. Which service sent them cannot be
 * seen from them, so that no provider is recorded.
 */
class EventsFold implements ResponseFold {
  private fold: ResponseFold | undefined;

  constructor(protected readonly wanted: Wanted) {}

  add(chunk: object): void {
    const data = eventData(chunk);
    if (data !== undefined && this.isTelling(data)) this.addData(data);
  }

  /** Most events have a piece of text only, which need not be parsed where it is not wanted. */
  protected isTelling(text: string): boolean {
    return !this.fold || this.wanted.content || TELLING.test(text);
  }

  protected addData(data: string): void {
    const event = parseData(data);
    if (!event) return;
    this.fold ??= openAI.startFold(event, this.wanted);
    this.fold?.add(event);
  }

  response(): ModelResponse {
    return { ...this.fold?.response(), provider: undefined, attributes: undefined };
  }
}

/** Events after the first that hold more than a piece of the first choice's text: a finish reason, usage, an error, a choice. */
const TELLING = /"(finish_reason|usage)"\s*:\s*["{]|"error"\s*:|"index"\s*:\s*[1-9]/;

class BytesFold extends EventsFold {
  private readonly lines = new EventLines(this.wanted.content);

  override add(chunk: object): void {
    if (!(chunk instanceof Uint8Array)) return;
    const lines = this.lines.add(chunk);
    if (lines === '' || !this.isTelling(lines)) return;
    for (const data of dataIn(lines)) this.addData(data);
  }
}
