import {
  BadRequestException,
  Body,
  type CanActivate,
  Controller,
  type DynamicModule,
  HttpCode,
  Post,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { type Feedback, recordFeedback } from '../lib/index.js';

/** Where clients send what users think of an answer, and who may. */
export type FeedbackRoute = {
  /** Default `feedback`. */
  readonly path?: string;
  /** What the guards need that no global module provides. */
  readonly imports?: DynamicModule['imports'];
} & (
  | {
      /** Who may give feedback. */
      readonly guards: readonly [Type<CanActivate> | CanActivate, ...(Type<CanActivate> | CanActivate)[]];
    }
  | {
      /** Anybody may, which also means: as often as they like. */
      readonly unauthenticated: true;
    }
);

const FIELDS = new Set(['score', 'handle', 'responseId', 'comment']);
const LONGEST_HANDLE = 1024;
const LONGEST_COMMENT = 4000;

/**
 * A controller that takes `{ score, handle, comment? }` by POST, and answers 204: `score` from -1 to 1, `handle` what
 * `traceHandle()` gave with the answer. What is wrong is answered with 400, and nothing is recorded.
 *
 * @throws TypeError where it is not said who may
 */
export function feedbackController(route: FeedbackRoute): Type {
  const { path = 'feedback' } = route;
  const guards = 'guards' in route ? route.guards : [];
  if (guards.length === 0 && !('unauthenticated' in route && route.unauthenticated)) {
    throw new TypeError(
      'TelemetryModule: feedback takes guards, or unauthenticated: true where anybody may give feedback',
    );
  }

  @Controller(path)
  @UseGuards(...guards)
  class FeedbackController {
    @Post()
    @HttpCode(204)
    give(@Body() body: unknown): void {
      const feedback = checkedFeedback(body);
      try {
        recordFeedback(feedback);
      } catch (error) {
        throw new BadRequestException((error as Error).message);
      }
    }
  }
  return FeedbackController;
}

/** @throws BadRequestException where it is no feedback, or more of it than anybody reads */
function checkedFeedback(body: unknown): Feedback {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequestException('expected an object with score and handle');
  }
  const unknown = Object.keys(body).find((key) => !FIELDS.has(key));
  if (unknown !== undefined) throw new BadRequestException(`takes ${[...FIELDS].join(', ')} only`);
  const { handle, responseId, comment } = body as Record<string, unknown>;
  if (handle === undefined && responseId === undefined) throw new BadRequestException('handle is missing');
  for (const [name, text, longest] of [
    ['handle', handle, LONGEST_HANDLE],
    ['comment', comment, LONGEST_COMMENT],
  ] as const) {
    if (typeof text === 'string' && text.length > longest) {
      throw new BadRequestException(`${name} may have ${longest} characters at most`);
    }
  }
  return body as Feedback;
}
