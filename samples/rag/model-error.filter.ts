import { type ArgumentsHost, BadGatewayException, Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { APIError } from 'openai';

/** The models are somebody else's server: what fails there is a bad gateway, and not an error of this app. */
@Catch(APIError)
export class ModelErrorFilter extends BaseExceptionFilter {
  override catch(error: APIError, host: ArgumentsHost): void {
    super.catch(new BadGatewayException(`The model could not answer: ${error.message}`), host);
  }
}
