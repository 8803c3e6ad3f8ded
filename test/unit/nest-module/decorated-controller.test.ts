import {
  type ArgumentMetadata,
  BadRequestException,
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Headers,
  HttpCode,
  Injectable,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  type PipeTransform,
  Post,
  Query,
  SetMetadata,
  type Type,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
  DocumentBuilder,
  SwaggerModule,
} from '@nestjs/swagger';
import { map, type Observable } from 'rxjs';
import { LlmCall, Traced } from '../../../lib/index.js';
import { TelemetryModule } from '../../../nest-module/index.js';
import { type ListeningApp, nestApp } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

class Question {
  @ApiProperty()
  text!: string;
}

class Answer {
  @ApiProperty()
  text!: string;
}

const Role = (role: string) => SetMetadata('role', role);
const Caller = createParamDecorator(
  (_data: unknown, execution: ExecutionContext) => execution.switchToHttp().getRequest().headers['x-caller'],
);

@Injectable()
class RoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(execution: ExecutionContext): boolean {
    const role = this.reflector.get<string>('role', execution.getHandler());
    return execution.switchToHttp().getRequest().headers['x-role'] === role;
  }
}

class Wrapped implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value) => ({ by: execution.getHandler().name, value })));
  }
}

/** Validates by the declared type of the parameter, as Nest's ValidationPipe does. */
class DeclaredTypePipe implements PipeTransform {
  transform(value: unknown, { metatype }: ArgumentMetadata): unknown {
    if (metatype !== Question) return value;
    const { text } = value as Partial<Question>;
    if (typeof text !== 'string') throw new BadRequestException('text is missing');
    return Object.assign(new Question(), { text });
  }
}

type Decorator = (target: object, key: string, descriptor: PropertyDescriptor) => PropertyDescriptor;

const nothing: Decorator = (_target, _key, descriptor) => descriptor;
const traced: Decorator = (...method) => Traced()(...method);
const llmCall: Decorator = (...method) => LlmCall({ provider: 'openai', model: 'gpt-9' })(...method);

/** The same controller, with something more written over and under the decorators of each method. */
function assistant(over: Decorator, under: Decorator): Type {
  @Controller('assistant')
  @ApiTags('assistant')
  class AssistantController {
    @over
    @Get(':id')
    @Role('reader')
    @UseGuards(RoleGuard)
    @UseInterceptors(Wrapped)
    @ApiOperation({ summary: 'One answer', operationId: 'answer' })
    @ApiOkResponse({ type: Answer })
    @under
    async one(
      @Param('id', ParseIntPipe) id: number,
      @Query('lang') lang: string | undefined,
      @Caller() caller: string,
      @Headers('x-role') role: string,
    ): Promise<Answer> {
      return { text: [id + 1, lang, caller, role, this instanceof AssistantController].join() };
    }

    @over
    @Post()
    @HttpCode(202)
    @UsePipes(DeclaredTypePipe)
    @ApiBody({ type: Question })
    @ApiOperation({ summary: 'Ask' })
    @under
    ask(@Body() question: Question): Answer {
      return { text: `${question instanceof Question}: ${question.text}` };
    }
  }
  return AssistantController;
}

const VARIANTS: [name: string, over: Decorator, under: Decorator][] = [
  ['@Traced() over the others', traced, nothing],
  ['@Traced() under the others', nothing, traced],
  ['@Traced() twice', traced, traced],
  ['@LlmCall() over the others', llmCall, nothing],
  ['@LlmCall() under the others', nothing, llmCall],
];

describe.each(VARIANTS)('a controller whose methods have %s', (_name, over, under) => {
  let exported: Exported;
  let plain: ListeningApp;
  let decorated: ListeningApp;

  beforeAll(async () => {
    exported = new Exported();
    const listening = (controller: Type) =>
      nestApp()
        .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
        .controllers(controller)
        .listen();
    plain = await listening(assistant(nothing, nothing));
    decorated = await listening(assistant(over, under));
  });

  afterAll(async () => {
    await plain.close();
    await decorated.close();
  });

  const reader = { headers: { 'x-role': 'reader', 'x-caller': 'tom' } };
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };

  it.each([
    ['routes, with parameters, param decorators and interceptors', '/assistant/7?lang=en', reader, 200],
    ['parameter pipes', '/assistant/seven', reader, 400],
    ['guards and the metadata they read', '/assistant/7', { headers: { 'x-role': 'writer' } }, 403],
    ['no guard passed without role', '/assistant/7', {}, 403],
    ['pipes by declared type, status code', '/assistant', { ...json, body: '{"text":"why?"}' }, 202],
    ['validation by declared type', '/assistant', { ...json, body: '{}' }, 400],
  ])('keeps %s', async (_what, path, init, status) => {
    const [expected, actual] = [await plain.fetch(path, init), await decorated.fetch(path, init)];
    expect(actual).toMatchObject({ status, body: expected.body });
    expect(expected.status).toBe(status);
  });

  it('answers as written', async () => {
    expect(await decorated.fetch('/assistant/7?lang=en', reader)).toMatchObject({
      body: '{"by":"one","value":{"text":"8,en,tom,reader,true"}}',
    });
  });

  it('keeps the Swagger document', () => {
    const documentOf = (app: ListeningApp) => SwaggerModule.createDocument(app.nest, new DocumentBuilder().build());
    const document = documentOf(decorated);
    expect(document).toEqual(documentOf(plain));
    expect(document.paths['/assistant']?.post).toMatchObject({
      operationId: 'AssistantController_ask',
      summary: 'Ask',
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Question' } } } },
    });
  });

  it('has one span for the method, below that of the request', async () => {
    await exported.flushedTree();
    exported.clear();
    await decorated.fetch('/assistant/7', reader);
    const tree = await exported.flushedTree();
    expect(tree).toHaveLength(2);
    expect(tree[0]).toBe('GET /assistant/:id');
    expect(exported.spans.map(({ attributes }) => attributes['code.function.name'])).toContain(
      'AssistantController.one',
    );
  });
});
