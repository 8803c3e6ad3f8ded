import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Injectable } from '@nestjs/common';
import {
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  type ICommandHandler,
  type IEvent,
  type IEventHandler,
  type IQueryHandler,
  ofType,
  QueryBus,
  QueryHandler,
  Saga,
} from '@nestjs/cqrs';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { delay as later, map, type Observable } from 'rxjs';
import { Traced } from '../../../../lib/index.js';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { type ListeningApp, nestApp } from '../../../support/nest-app.js';
import { Exported } from '../../../support/nest-telemetry.js';

class Order {
  constructor(readonly id: number) {}
}
class PlaceOrder extends Order {}
class SendMail extends Order {}
class FindOrder extends Order {}
class OrderPlaced extends Order {}
class OrderLost extends Order {}

@CommandHandler(PlaceOrder)
class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(private readonly events: EventBus) {}

  async execute({ id }: PlaceOrder): Promise<string> {
    if (id < 0) throw new RangeError('no such order');
    this.events.publish(new OrderPlaced(id));
    return `placed ${id}`;
  }
}

@CommandHandler(SendMail)
class SendMailHandler implements ICommandHandler<SendMail> {
  @Traced()
  async execute(): Promise<void> {}
}

@QueryHandler(FindOrder)
class FindOrderHandler implements IQueryHandler<FindOrder> {
  async execute({ id }: FindOrder): Promise<number> {
    return id;
  }
}

@EventsHandler(OrderPlaced)
class Ledger implements IEventHandler<OrderPlaced> {
  handle(): void {}
}

@EventsHandler(OrderLost)
class Search implements IEventHandler<OrderLost> {
  async handle(): Promise<void> {
    throw new Error('not found');
  }
}

@Injectable()
class MailSagas {
  @Saga()
  placed(events: Observable<IEvent>): Observable<SendMail> {
    return events.pipe(
      ofType(OrderPlaced),
      later(1),
      map(({ id }) => new SendMail(id)),
    );
  }
}

@Controller()
class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly events: EventBus,
  ) {}

  @Get('place')
  place(): Promise<string> {
    return this.commands.execute(new PlaceOrder(7));
  }

  @Get('refuse')
  refuse(): Promise<string> {
    return this.commands.execute(new PlaceOrder(-1)).catch(({ name }) => name);
  }

  @Get('find')
  find(): Promise<number> {
    return this.queries.execute(new FindOrder(7));
  }

  @Get('lose')
  lose(): string {
    this.events.publish(new OrderLost(7));
    return 'lost';
  }
}

const exported = new Exported();
let app: ListeningApp;

beforeAll(async () => {
  app = await nestApp()
    .imports(TelemetryModule.forRoot({ telemetry: exported.options }), CqrsModule.forRoot())
    .providers(PlaceOrderHandler, SendMailHandler, FindOrderHandler, Ledger, Search, MailSagas)
    .controllers(OrdersController)
    .listen();
});

afterAll(() => app.close());
afterEach(() => exported.clear());

it('a command, the event that it publishes and the command that a saga makes of it are one trace', async () => {
  expect(await app.fetch('/place')).toMatchObject({ body: 'placed 7' });
  await delay(20);
  expect(await exported.flushedTree()).toEqual([
    'GET /place',
    '  OrdersController.place',
    '    PlaceOrderHandler.execute',
    '      Ledger.handle',
    '      MailSagas.placed',
    '        SendMailHandler.execute',
  ]);
  expect(exported.span('PlaceOrderHandler.execute')).toMatchObject({
    kind: SpanKind.INTERNAL,
    attributes: { 'annotel.operation': 'command', 'code.function.name': 'PlaceOrderHandler.execute' },
  });
});

it('a query is part of the request', async () => {
  expect(await app.fetch('/find')).toMatchObject({ body: '7' });
  expect(await exported.flushedTree()).toEqual([
    'GET /find',
    '  OrdersController.find',
    '    FindOrderHandler.execute',
  ]);
});

it('a command that fails is an ERROR, and rejects as before', async () => {
  expect(await app.fetch('/refuse')).toMatchObject({ body: 'RangeError' });
  await exported.flushedTree();
  expect(exported.span('PlaceOrderHandler.execute').status).toEqual({
    code: SpanStatusCode.ERROR,
    message: 'no such order',
  });
});

it('the failure of an event handler, which nobody hears of, is on the trace', async () => {
  expect(await app.fetch('/lose')).toMatchObject({ body: 'lost' });
  await delay(5);
  expect(await exported.flushedTree()).toEqual(['GET /lose', '  OrdersController.lose', '    Search.handle']);
  expect(exported.span('Search.handle').status).toEqual({ code: SpanStatusCode.ERROR, message: 'not found' });
});
