import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import { Body, Controller, HttpCode, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { withRequestContext } from 'annotel';
import { TelemetryLogger, TelemetryModule } from 'annotel/nest';
import { Jobs } from './jobs.js';

/** What customers talk to. It asks the answer service, and leaves to the worker what may take longer. */
@Controller()
class GatewayController {
  constructor(@Inject(Jobs) private readonly jobs: Jobs) {}

  @Post('questions')
  @HttpCode(200)
  async ask(@Body() { question }: { question: string }) {
    const response = await fetch(new URL('/answers', process.env.ANSWERS_URL), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question }),
    });
    const { answer } = (await response.json()) as { answer: string };
    await this.jobs.send({ task: 'summarise', text: `${question} ${answer}` });
    return { answer };
  }
}

const jobs = Jobs.connect('gateway');

@Module({
  imports: [TelemetryModule.forRoot()],
  controllers: [GatewayController],
  providers: [{ provide: Jobs, useValue: jobs }],
})
class AppModule {
  onApplicationShutdown(): Promise<void> {
    return jobs.close();
  }
}

const app = await NestFactory.create(AppModule, { bufferLogs: true });
app.useLogger(app.get(TelemetryLogger));
// Whoever asks is known here, after the check of their token, say. From here on it goes wherever the trace goes.
app.use(({ headers }: IncomingMessage, _response: unknown, next: () => void) => {
  withRequestContext({ tenantId: String(headers['x-tenant']), userId: String(headers['x-user']) }, next);
});
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
console.log(`Gateway: POST ${await app.getUrl()}/questions`);
