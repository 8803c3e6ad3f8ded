import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Retrieval, requestContext } from 'annotel';
import { TelemetryLogger, TelemetryModule } from 'annotel/nest';
import { Model } from './model.js';

const NOTES = [
  'Invoices are sent on the first day of the month.',
  'A subscription can be cancelled until the last day of its term.',
  'Refunds take up to five days.',
];

class Notes {
  @Retrieval({ dataSource: 'notes', topK: 1 })
  async find(question: string): Promise<string[]> {
    const words = question.toLowerCase().match(/\w{4,}/g) ?? [];
    return NOTES.filter((note) => words.some((word) => note.toLowerCase().includes(word))).slice(0, 1);
  }
}

/** Retrieves, and asks the model. That it acts for a tenant, it knows from the gateway, without a word of its own. */
@Controller()
class AnswerController {
  constructor(
    private readonly notes: Notes,
    private readonly model: Model,
  ) {}

  @Post('answers')
  @HttpCode(200)
  async answer(@Body() { question }: { question: string }) {
    const [note = ''] = await this.notes.find(question);
    console.log(`answers: works for ${requestContext().tenantId}`);
    return { answer: await this.model.say(`${note} ${question}`) };
  }
}

@Module({ imports: [TelemetryModule.forRoot()], controllers: [AnswerController], providers: [Notes, Model] })
class AppModule {}

const app = await NestFactory.create(AppModule, { bufferLogs: true });
app.useLogger(app.get(TelemetryLogger));
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
console.log(`Answers: POST ${await app.getUrl()}/answers`);
