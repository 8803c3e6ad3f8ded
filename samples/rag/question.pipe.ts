import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

/** Body of `POST /ask`. */
export interface Question {
  question: string;
  /** The model that answers, instead of the one in the settings. */
  model?: string;
}

const MAX_QUESTION_CHARS = 2_000;

@Injectable()
export class QuestionPipe implements PipeTransform<unknown, Question> {
  transform(body: unknown): Question {
    const { question, model } = (body ?? {}) as Record<string, unknown>;
    if (typeof question !== 'string' || !question.trim()) {
      throw new BadRequestException('`question` must be a text that is not empty');
    }
    if (question.length > MAX_QUESTION_CHARS) {
      throw new BadRequestException(`\`question\` must not be longer than ${MAX_QUESTION_CHARS} characters`);
    }
    if (model !== undefined && (typeof model !== 'string' || !model.trim())) {
      throw new BadRequestException('`model` must be the name of a model');
    }
    return { question: question.trim(), model };
  }
}
