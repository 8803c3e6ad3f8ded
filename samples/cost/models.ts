import { LlmCall } from 'annotel';
import OpenAI from 'openai';

type Request = OpenAI.ChatCompletionCreateParamsNonStreaming;
type Answer = OpenAI.ChatCompletion;

export const HOSTED_MODEL = 'gpt-4o-mini';
export const OWN_MODEL = 'qwen3-32b';

/** The two models of the service: one is paid by the token, one runs on machines of its own, behind the same protocol. */
export class Models {
  private readonly hosted: OpenAI;
  private readonly own: OpenAI;

  /**
   * @param hostedUrl where the provider's API is; `undefined` for the real one
   * @param ownUrl where the own server's is
   */
  constructor(hostedUrl: string | undefined, ownUrl: string) {
    this.hosted = new OpenAI({ baseURL: hostedUrl, ...(hostedUrl !== undefined && { apiKey: 'stand-in' }) });
    this.own = new OpenAI({ baseURL: ownUrl, apiKey: 'none' });
  }

  @LlmCall({ provider: 'openai' })
  askHosted(request: Request): Promise<Answer> {
    return this.hosted.chat.completions.create(request);
  }

  // The bundled prices know nothing of a server of one's own: its price stands in prices.json, as `vllm/qwen3-32b`.
  @LlmCall({ provider: 'vllm' })
  askOwn(request: Request): Promise<Answer> {
    return this.own.chat.completions.create(request);
  }
}
