import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Traced } from '../../../../lib/index.js';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { nestApp } from '../../../support/nest-app.js';
import { Exported } from '../../../support/nest-telemetry.js';

let exported: Exported;

@Injectable()
class Mails {
  readonly sent: unknown[] = [];

  @OnEvent('order.placed')
  @OnEvent('order.paid')
  confirm(id: number): string {
    this.sent.push(id);
    return `confirmed ${id}`;
  }

  @OnEvent('order.placed', { async: true })
  async later(): Promise<void> {
    await turn();
    this.sent.push('later');
  }

  @OnEvent('order.*')
  async broken(id: number): Promise<void> {
    if (id === 13) throw new TypeError(`no mail for 13`);
  }

  @OnEvent('order.refused', { suppressErrors: false })
  async refused(): Promise<void> {
    throw new RangeError('refused');
  }

  @OnEvent('order.placed')
  @Traced({ name: 'invoice' })
  invoice(): void {}
}

@Injectable({ scope: Scope.REQUEST })
class Audit {
  constructor(@Inject(REQUEST) private readonly payload: unknown) {}

  @OnEvent('order.paid')
  note(): unknown {
    return this.payload;
  }
}

@Controller('orders')
class Orders {
  constructor(private readonly events: EventEmitter2) {}

  @Get('place')
  place(): boolean {
    return this.events.emit('order.placed', 7);
  }

  @Get('pay')
  async pay(): Promise<unknown[]> {
    return this.events.emitAsync('order.paid', 7);
  }

  @Get('fail')
  async fail(): Promise<unknown[]> {
    return this.events.emitAsync('order.paid', 13);
  }

  @Get('refuse')
  async refuse(): Promise<string> {
    return this.events.emitAsync('order.refused').then(
      () => 'accepted',
      (error: Error) => error.message,
    );
  }
}

const shop = () =>
  nestApp()
    .imports(
      TelemetryModule.forRoot({ telemetry: exported.options }),
      EventEmitterModule.forRoot({ wildcard: true, delimiter: '.' }),
    )
    .controllers(Orders)
    .providers(Mails, Audit)
    .listen();

beforeEach(() => {
  exported = new Exported();
});

describe('a listener of events', () => {
  it('is a child of whoever emits, also where it runs later', async () => {
    await using app = await shop();
    expect((await app.fetch('/orders/place')).body).toBe('true');
    while (app.nest.get(Mails).sent.length < 2) await turn();
    await app.close();

    const emitter = exported.span('Orders.place').spanContext();
    for (const name of ['Mails.confirm', 'Mails.later', 'Mails.broken', 'invoice']) {
      expect(exported.span(name)).toMatchObject({
        kind: SpanKind.INTERNAL,
        status: { code: SpanStatusCode.UNSET },
        parentSpanContext: { spanId: emitter.spanId, traceId: emitter.traceId },
        links: [],
      });
    }
    expect(exported.span('Mails.confirm').attributes).toMatchObject({ 'annotel.operation': 'event' });
  });

  it('answers an asynchronous emit as before, for each request if it is made so', async () => {
    await using app = await shop();
    expect(JSON.parse((await app.fetch('/orders/pay')).body)).toEqual(['confirmed 7', 7, null]);
    await app.close();

    expect(exported.tree()).toEqual([
      'GET /orders/pay',
      '  Orders.pay',
      '    Mails.confirm',
      '    Mails.broken',
      '    Audit.note',
    ]);
  });

  it('is a failure where Nest suppresses its error', async () => {
    await using app = await shop();
    expect((await app.fetch('/orders/fail')).status).toBe(200);
    await app.close();

    expect(exported.span('Mails.broken')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'no mail for 13' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
    });
    expect(exported.span('Orders.fail').status.code).toBe(SpanStatusCode.UNSET);
  });

  it('is a failure where Nest passes its error on', async () => {
    await using app = await shop();
    expect((await app.fetch('/orders/refuse')).body).toBe('refused');
    await app.close();

    expect(exported.span('Mails.refused').status).toEqual({ code: SpanStatusCode.ERROR, message: 'refused' });
  });
});
