import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  Ack,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { catchError, concat, interval, map, type Observable, of, take, throwError } from 'rxjs';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { Traced } from '../../../../lib/index.js';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { type ListeningApp, nestApp } from '../../../support/nest-app.js';
import { Exported } from '../../../support/nest-telemetry.js';

type Library = 'socket.io' | 'ws';

let exported: Exported;

@Injectable()
class Rooms {
  @Traced()
  async find(name: string): Promise<string> {
    await turn();
    return `room ${name}`;
  }
}

class Members implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const { as } = execution.switchToWs().getData();
    if (as === 'nobody') throw new WsException('who are you');
    return as !== 'stranger';
  }
}

class Forgiving implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError(() => of({ event: 'forgiven', data: 'never mind' })));
  }
}

class Strict implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map(() => {
        throw new RangeError('not like this');
      }),
    );
  }
}

@WebSocketGateway()
class ChatGateway implements OnGatewayConnection, OnGatewayDisconnect {
  constructor(private readonly rooms: Rooms) {}

  async handleConnection(): Promise<void> {
    await this.rooms.find('lobby');
  }

  handleDisconnect(): void {}

  @SubscribeMessage('join')
  async join(@MessageBody() room: string): Promise<{ event: string; data: string }> {
    return { event: 'joined', data: await this.rooms.find(room) };
  }

  @SubscribeMessage('count')
  count(): Observable<{ event: string; data: number }> {
    return interval(1).pipe(
      take(3),
      map((data) => ({ event: 'counted', data })),
    );
  }

  @SubscribeMessage('half')
  half(): Observable<{ event: string; data: string }> {
    return concat(
      of({ event: 'part', data: 'one' }),
      throwError(() => new RangeError('half a message')),
    );
  }

  @SubscribeMessage('broken')
  broken(): never {
    throw new TypeError('no such room');
  }

  @SubscribeMessage('refused')
  async refused(): Promise<never> {
    throw new WsException('room is full');
  }

  @UseGuards(Members)
  @SubscribeMessage('guarded')
  guarded(): { event: string; data: string } {
    return { event: 'passed', data: 'welcome' };
  }

  @SubscribeMessage('number')
  number(@MessageBody(new ParseIntPipe()) value: number): { event: string; data: number } {
    return { event: 'counted', data: value };
  }

  @UseInterceptors(Forgiving)
  @SubscribeMessage('forgiven')
  async forgiven(): Promise<never> {
    throw new TypeError('a slip');
  }

  @UseInterceptors(Strict)
  @SubscribeMessage('strict')
  strict(): { event: string; data: string } {
    return { event: 'never', data: 'sent' };
  }

  @SubscribeMessage('decorated')
  @Traced({ name: 'say' })
  decorated(): { event: string; data: string } {
    return { event: 'said', data: 'hello' };
  }
}

@WebSocketGateway({ namespace: 'news' })
class NewsGateway {
  @SubscribeMessage('ask')
  ask(@MessageBody() topic: string, @Ack() answer: (text: string) => void): void {
    answer(`news of ${topic}`);
  }

  @SubscribeMessage('nothing')
  nothing(): void {}
}

const chat = async (adapter: Library) => {
  exported = new Exported();
  return nestApp()
    .imports(TelemetryModule.forRoot({ telemetry: exported.options }))
    .providers(Rooms, ChatGateway, ...(adapter === 'ws' ? [] : [NewsGateway]))
    .prepare((app) => app.useWebSocketAdapter(adapter === 'ws' ? new WsAdapter(app) : new IoAdapter(app)))
    .listen();
};

/** A client of either library: sends a message, and gives what comes back. */
interface ChatClient {
  send(event: string, data?: unknown): void;
  ask(event: string, data?: unknown, answers?: number): Promise<unknown[]>;
  close(): Promise<void>;
}

const clients: Record<Library, (app: ListeningApp) => Promise<ChatClient>> = {
  async 'socket.io'(app) {
    const socket = await connected(io(app.url, { transports: ['websocket'], reconnection: false }));
    return {
      send: (event, data) => void socket.emit(event, data),
      async ask(event, data, answers = 1) {
        const came: unknown[] = [];
        return new Promise((resolve) => {
          socket.onAny((name, body) => {
            came.push([name, body]);
            if (came.length < answers) return;
            socket.offAny();
            resolve(came);
          });
          socket.emit(event, data);
        });
      },
      async close() {
        socket.close();
      },
    };
  },
  async ws(app) {
    const socket = new WebSocket(app.url.replace('http', 'ws'));
    await once(socket, 'open');
    return {
      send: (event, data) => socket.send(JSON.stringify({ event, data })),
      async ask(event, data, answers = 1) {
        const came: unknown[] = [];
        return new Promise((resolve) => {
          socket.on('message', (message) => {
            const { event: name, data: body } = JSON.parse(String(message));
            came.push([name, body]);
            if (came.length < answers) return;
            socket.removeAllListeners('message');
            resolve(came);
          });
          socket.send(JSON.stringify({ event, data }));
        });
      },
      async close() {
        const closed = once(socket, 'close');
        socket.close();
        await closed;
      },
    };
  },
};

async function connected(socket: Socket): Promise<Socket> {
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

/** Sends what is answered with an exception: of those, Nest 11 tells no client by ws. */
async function fail(library: Library, client: ChatClient, event: string, data: unknown, told: string): Promise<void> {
  if (library === 'ws') return client.send(event, data);
  expect(await client.ask(event, data)).toMatchObject([['exception', { status: 'error', message: told }]]);
}

async function exportedSpan(name: string) {
  while (!(await exported.flushedTree()).some((line) => line.trim() === name)) await turn();
  return exported.span(name);
}

describe.each<Library>(['socket.io', 'ws'])('a gateway by %s', (library) => {
  const system = library === 'ws' ? 'websocket' : library;

  it('has a span for each connection, with what it does of clients that come and go', async () => {
    await using app = await chat(library);
    const client = await clients[library](app);
    await client.ask('join', 'attic');
    await client.close();
    await exportedSpan('ChatGateway.handleDisconnect');
    await app.close();

    expect(exported.span('connect')).toMatchObject({
      kind: SpanKind.SERVER,
      attributes: { 'annotel.operation': 'connection' },
    });
    expect(exported.tree().slice(0, 4)).toEqual([
      'connect',
      '  ChatGateway.handleConnection',
      '    Rooms.find',
      '  ChatGateway.handleDisconnect',
    ]);
  });

  it('has a span for each message: a trace of its own, linked to the connection', async () => {
    await using app = await chat(library);
    const client = await clients[library](app);
    expect(await client.ask('join', 'attic')).toEqual([['joined', 'room attic']]);
    expect(await client.ask('join', 'cellar')).toEqual([['joined', 'room cellar']]);
    await client.close();
    await exportedSpan('ChatGateway.handleDisconnect');
    await app.close();

    const connection = exported.span('connect').spanContext();
    const messages = exported.spans.filter(({ name }) => name === 'process join');
    expect(messages).toHaveLength(2);
    expect(new Set(messages.map((span) => span.spanContext().traceId)).size).toBe(2);
    for (const message of messages) {
      expect(message).toMatchObject({
        kind: SpanKind.CONSUMER,
        status: { code: SpanStatusCode.UNSET },
        attributes: {
          'code.function.name': 'ChatGateway.join',
          'messaging.system': system,
          'messaging.operation.type': 'process',
          'messaging.destination.name': 'join',
        },
        links: [{ context: { traceId: connection.traceId, spanId: connection.spanId } }],
      });
      expect(message.parentSpanContext).toBeUndefined();
      expect(
        exported.spans.filter((span) => span.parentSpanContext?.spanId === message.spanContext().spanId),
      ).toMatchObject([{ name: 'Rooms.find' }]);
    }
  });

  it('has a message until its answer is complete', async () => {
    await using app = await chat(library);
    const client = await clients[library](app);
    expect(await client.ask('count', null, 3)).toEqual([
      ['counted', 0],
      ['counted', 1],
      ['counted', 2],
    ]);
    const span = await exportedSpan('process count');
    await client.close();
    await app.close();

    expect(span.duration[0] * 1e9 + span.duration[1]).toBeGreaterThanOrEqual(2e6);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  it.each([
    ['broken', 'TypeError', 'no such room', 'Internal server error'],
    ['refused', 'WsException', 'room is full', 'room is full'],
  ])('has a failure where its handler throws: %s', async (event, type, message, told) => {
    await using app = await chat(library);
    const client = await clients[library](app);
    await fail(library, client, event, 1, told);
    const span = await exportedSpan(`process ${event}`);
    await client.close();
    await app.close();

    expect(span).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message },
      attributes: { 'code.function.name': `ChatGateway.${event}`, 'error.type': type },
      events: [{ name: 'exception', attributes: { 'exception.type': type } }],
    });
  });

  it('has a failure where its answer breaks', async () => {
    await using app = await chat(library);
    const client = await clients[library](app);
    expect(await client.ask('half')).toEqual([['part', 'one']]);
    const span = await exportedSpan('process half');
    await client.close();
    await app.close();

    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'half a message' });
  });

  it('has a failure where a pipe or an interceptor throws, and none where an interceptor has an answer', async () => {
    await using app = await chat(library);
    const client = await clients[library](app);
    expect(await client.ask('number', '7')).toEqual([['counted', 7]]);
    expect(await client.ask('forgiven')).toEqual([['forgiven', 'never mind']]);
    const number = await exportedSpan('process number');
    const forgiven = await exportedSpan('process forgiven');
    exported.clear();
    await fail(library, client, 'number', 'seven', 'Internal server error');
    const notNumber = await exportedSpan('process number');
    await fail(library, client, 'strict', null, 'Internal server error');
    const strict = await exportedSpan('process strict');
    await client.close();
    await app.close();

    expect([number, forgiven].map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
    expect(notNumber).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'BadRequestException' },
    });
    expect(strict.status).toEqual({ code: SpanStatusCode.ERROR, message: 'not like this' });
  });

  it('tells of what its guards do not let pass', async () => {
    await using app = await chat(library);
    const client = await clients[library](app);
    expect(await client.ask('guarded', { as: 'member' })).toEqual([['passed', 'welcome']]);
    expect((await exportedSpan('process guarded')).status.code).toBe(SpanStatusCode.UNSET);

    exported.clear();
    await fail(library, client, 'guarded', { as: 'stranger' }, 'Forbidden resource');
    expect(await exportedSpan('process guarded')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'rejected' },
    });

    exported.clear();
    await fail(library, client, 'guarded', { as: 'nobody' }, 'who are you');
    expect(await exportedSpan('process guarded')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'who are you' },
      attributes: { 'error.type': 'WsException' },
    });
    expect(exported.tree()).toEqual(['process guarded', '  Members']);
    await client.close();
    await app.close();
  });

  it('has the span of a decorator below that of the message', async () => {
    await using app = await chat(library);
    const client = await clients[library](app);
    expect(await client.ask('decorated')).toEqual([['said', 'hello']]);
    await exportedSpan('process decorated');
    await client.close();
    await app.close();

    expect(exported.tree()).toEqual(expect.arrayContaining(['process decorated', '  say']));
  });
});

describe('a gateway by socket.io', () => {
  it('has a connection within the request that it began with', async () => {
    await using app = await chat('socket.io');
    const socket = await connected(io(app.url, { transports: ['polling'], reconnection: false }));
    const connection = await exportedSpan('connect');
    const joined = once(socket as never, 'joined');
    socket.emit('join', 'attic');
    expect(await joined).toEqual(['room attic']);
    const message = await exportedSpan('process join');
    socket.close();
    await exportedSpan('ChatGateway.handleDisconnect');
    await app.close();
    expect(connection.parentSpanContext).toBeDefined();
    expect(message.parentSpanContext).toBeUndefined();
    expect(message.links).toMatchObject([{ context: { spanId: connection.spanContext().spanId } }]);
  });

  it('acknowledges as before, in a namespace of its own', async () => {
    await using app = await chat('socket.io');
    const socket = await connected(io(`${app.url}/news`, { transports: ['websocket'], reconnection: false }));
    expect(await socket.emitWithAck('ask', 'today')).toBe('news of today');
    const message = await exportedSpan('process ask');
    socket.emit('nothing');
    const nothing = await exportedSpan('process nothing');
    socket.close();
    await app.close();

    const connection = exported.span('connect /news').spanContext();
    expect(message.links).toMatchObject([{ context: { spanId: connection.spanId } }]);
    expect(nothing.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('has a connection in the trace that the client began', async () => {
    await using app = await chat('socket.io');
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const socket = await connected(
      io(app.url, {
        transports: ['websocket'],
        reconnection: false,
        extraHeaders: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
      }),
    );
    const connection = await exportedSpan('connect');
    socket.close();
    await app.close();
    expect(connection.spanContext().traceId).toBe(traceId);
  });
});
