import 'reflect-metadata';
import { BadRequestException, Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LlmCall, recordFeedback, traceHandle } from 'annotel';
import { TelemetryLogger, TelemetryModule } from 'annotel/nest';
import OpenAI from 'openai';
import { provider } from '../local/provider.js';

class Assistant {
  private readonly openai = provider().then((settings) => new OpenAI(settings));

  @LlmCall({ provider: 'openai' })
  async ask(request: OpenAI.ChatCompletionCreateParamsNonStreaming): Promise<OpenAI.ChatCompletion> {
    const openai = await this.openai;
    return openai.chat.completions.create(request);
  }
}

@Controller()
class AssistantController {
  constructor(private readonly assistant: Assistant) {}

  /** The handle points to the model call above. It holds ids only, so it may go to the client. */
  @Post('ask')
  @HttpCode(200)
  async ask(@Body() { question }: { question: string }) {
    const { choices } = await this.assistant.ask({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: question }],
    });
    return { answer: choices[0]?.message.content, handle: traceHandle() };
  }

  /** Comes whenever the user gets to it, and to whichever process. */
  @Post('feedback')
  @HttpCode(204)
  feedback(@Body() { handle, score, comment }: { handle: string; score: number; comment?: string }) {
    try {
      recordFeedback({ handle, score, comment });
    } catch (error) {
      // A handle that is broken or forged, or no score: the message says which, and nothing was recorded.
      if (error instanceof TypeError) throw new BadRequestException(error.message);
      throw error;
    }
  }
}

@Module({ imports: [TelemetryModule.forRoot()], controllers: [AssistantController], providers: [Assistant] })
class AppModule {}

const app = await NestFactory.create(AppModule, { bufferLogs: true });
app.useLogger(app.get(TelemetryLogger));
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
console.log(`Listening: POST ${await app.getUrl()}/ask and /feedback`);
