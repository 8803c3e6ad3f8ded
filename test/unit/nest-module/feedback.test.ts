import { expect, test } from '@jest/globals';
import { BadRequestException, Body, Controller, HttpCode, Injectable, Post } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { type Feedback, LlmCall, recordFeedback, traceHandle, Workflow } from '../../../lib/index.js';
import { TelemetryInterceptor } from '../../../nest-module/index.js';
import { nestApp } from '../../support/nest-app.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

/** The ids of the spans that feedback belongs to. */
const feedback = () =>
  telemetry.captured.logs
    .filter(({ eventName }) => eventName?.startsWith('gen_ai.evaluation.'))
    .map(({ spanContext }) => spanContext?.spanId);

test('a Nest app hands out handles, and takes them back with feedback', async () => {
  @Injectable()
  class Rag {
    @Workflow('rag.answer')
    async answer(): Promise<string> {
      await LlmCall({ provider: 'openai', model: 'gpt-4o' })(async () => ({}))();
      return 'because';
    }
  }
  @Controller()
  class RagController {
    constructor(private readonly rag: Rag) {}

    @Post('ask')
    async ask() {
      return { answer: await this.rag.answer(), handle: traceHandle() };
    }

    @Post('feedback')
    @HttpCode(204)
    feedback(@Body() { score, handle }: Feedback): void {
      try {
        recordFeedback({ score, handle });
      } catch (error) {
        throw new BadRequestException((error as Error).message);
      }
    }
  }
  const interceptor = { provide: APP_INTERCEPTOR, useClass: TelemetryInterceptor };
  await using app = await nestApp().controllers(RagController).providers(Rag, interceptor).listen();
  const post = (path: string, body: object) =>
    app.fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  const { answer, handle } = JSON.parse((await post('/ask', {})).body);
  expect(answer).toBe('because');
  expect(await post('/feedback', { score: 1, handle })).toMatchObject({ status: 204 });
  const call = telemetry.captured.spans.find(({ name }) => name === 'chat gpt-4o')?.spanContext();
  expect(feedback()).toEqual([call?.spanId, call?.spanId]);

  telemetry.captured.reset();
  const refused = await post('/feedback', { score: 1, handle: `${handle.slice(0, -4)}AAAA` });
  expect(refused).toMatchObject({ status: 400, body: expect.stringContaining('handle is broken') });
  expect(feedback()).toEqual([]);
});
