import { HttpException } from '@nestjs/common';

/** Whether Nest answers whoever asked by this error: an `HttpException` below 500. */
export function isHttpAnswer(error: unknown): boolean {
  return error instanceof HttpException && error.getStatus() < 500;
}
