import { Body, Controller, HttpCode, Post, UseFilters } from '@nestjs/common';
import { ModelErrorFilter } from './model-error.filter.js';
import { type Question, QuestionPipe } from './question.pipe.js';
import { type Answer, RagService } from './rag.service.js';

@Controller()
@UseFilters(ModelErrorFilter)
export class RagController {
  constructor(private readonly rag: RagService) {}

  @Post('ask')
  @HttpCode(200)
  ask(@Body(QuestionPipe) { question, model }: Question): Promise<Answer> {
    return this.rag.answer(question, model);
  }
}
