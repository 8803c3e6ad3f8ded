import { LlmCall } from 'annotel';
import OpenAI from 'openai';

/** The model, wherever `OPENAI_BASE_URL` says that it is. */
export class Model {
  private readonly openai = new OpenAI();

  async say(content: string): Promise<string> {
    const { choices } = await this.chat({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] });
    return choices[0]?.message.content ?? '';
  }

  @LlmCall({ provider: 'openai' })
  private async chat(request: OpenAI.ChatCompletionCreateParamsNonStreaming): Promise<OpenAI.ChatCompletion> {
    return this.openai.chat.completions.create(request);
  }
}
