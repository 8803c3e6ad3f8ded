import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  type Type,
} from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { SpanKind } from '@opentelemetry/api';
import { requestContext, Traced, Untraced } from '../../../lib/index.js';
import { runningTelemetry } from '../../../lib/sdk/index.js';
import { TelemetryModule, type TelemetryModuleOptions } from '../../../nest-module/index.js';
import { nestApp, platforms } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

interface AuthenticatedRequest {
  headers: Record<string, string>;
  user?: { id: string };
}

class UserGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request: AuthenticatedRequest = execution.switchToHttp().getRequest();
    if (request.headers['x-user'] === 'broken') throw new TypeError('no directory');
    request.user = { id: `user-${request.headers['x-user']}` };
    return true;
  }
}

interface Stock {
  count(): Promise<number>;
  read(): number;
  named(): number;
}

function newStock(): Type<Stock> {
  // A class of its own: what traces a class does so for the rest of the process.
  @Injectable()
  class OwnStock {
    async count(): Promise<number> {
      return this.read();
    }
    read(): number {
      return 3;
    }
    @Untraced()
    quiet(): number {
      return 1;
    }
    @Traced('named already')
    named(): number {
      return this.quiet();
    }
    onModuleInit(): void {}
  }
  return OwnStock;
}

describe.each(platforms)('options of TelemetryModule on %s', (_name, adapter) => {
  let exported: Exported;

  beforeEach(() => {
    exported = new Exported();
  });

  afterEach(async () => {
    await runningTelemetry()?.shutdown();
  });

  const forRoot = (options: TelemetryModuleOptions = {}) =>
    TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options, ...options });
  const server = () => exported.spans.find(({ kind }) => kind === SpanKind.SERVER);

  describe('requestContext', () => {
    @Controller()
    class WhoController {
      @Get('who')
      async who(): Promise<object> {
        return await this.inside();
      }

      @Traced()
      async inside(): Promise<object> {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return requestContext();
      }
    }
    const who = (options: TelemetryModuleOptions) =>
      nestApp()
        .on(adapter)
        .imports(forRoot(options))
        .controllers(WhoController)
        .prepare((nest) => nest.useGlobalGuards(new UserGuard()))
        .listen();
    const ofRequest = ({ headers, user }: AuthenticatedRequest) => ({
      tenantId: headers['x-tenant'],
      userId: user?.id,
    });

    it('holds for the handler and all that it calls, and stands on the server span', async () => {
      await using app = await who({ requestContext: ofRequest });
      const { body } = await app.fetch('/who', { headers: { 'x-tenant': 'acme', 'x-user': '7' } });
      expect(JSON.parse(body)).toEqual({ tenantId: 'acme', userId: 'user-7' });
      await exported.flushedTree();
      expect(exported.spans).toHaveLength(3);
      for (const { attributes } of exported.spans) {
        expect(attributes).toMatchObject({ 'annotel.tenant.id': 'acme', 'user.id': 'user-7' });
      }
    });

    it('keeps concurrent requests apart', async () => {
      await using app = await who({ requestContext: ofRequest });
      const tenants = Array.from({ length: 200 }, (_, at) => `tenant-${at}`);
      const answers = await Promise.all(
        tenants.map((tenant) => app.fetch('/who', { headers: { 'x-tenant': tenant, 'x-user': tenant } })),
      );
      expect(answers.map(({ body }) => JSON.parse(body).tenantId)).toEqual(tenants);
      await exported.flushedTree();
      const tenantsOf = new Map<string, Set<unknown>>();
      for (const span of exported.spans) {
        const { traceId } = span.spanContext();
        tenantsOf.set(traceId, (tenantsOf.get(traceId) ?? new Set()).add(span.attributes['annotel.tenant.id']));
      }
      expect([...tenantsOf.values()].map((seen) => [...seen].length)).toEqual(tenants.map(() => 1));
    });

    it('stands on the server span of a request that a guard has ended', async () => {
      await using app = await who({ requestContext: ofRequest });
      expect(await app.fetch('/who', { headers: { 'x-tenant': 'acme', 'x-user': 'broken' } })).toMatchObject({
        status: 500,
      });
      await exported.flushedTree();
      expect(server()?.attributes).toMatchObject({ 'annotel.tenant.id': 'acme' });
    });

    it('holds for the resolvers of GraphQL, whose context has the request', async () => {
      class WhoResolver {
        who(): object {
          return requestContext();
        }
      }
      const resolver = new WhoResolver();
      await using app = await who({ requestContext: ofRequest });
      const creator = app.nest.get(ExternalContextCreator);
      const none = [undefined, undefined, undefined, undefined] as const;
      const options = { guards: false, interceptors: true, filters: false };
      const resolve = creator.create(resolver, resolver.who, 'who', ...none, options, 'graphql');
      const request = { headers: { 'x-tenant': 'acme' }, user: { id: 'user-7' } };
      expect(await resolve({}, {}, { req: request }, {})).toEqual({ tenantId: 'acme', userId: 'user-7' });
      expect(await resolve({}, {}, {}, {})).toEqual({});
    });

    it('costs nothing but itself where it throws', async () => {
      await using app = await who({
        requestContext: () => {
          throw new Error('no user');
        },
      });
      expect(await app.fetch('/who')).toMatchObject({ status: 200, body: '{}' });
    });
  });

  describe('ignore', () => {
    @Controller()
    class HealthController {
      @Get(['health', 'health/live', 'healthy', 'orders/1', 'metrics'])
      async health(): Promise<string> {
        return this.check();
      }

      @Traced()
      check(): string {
        return 'up';
      }
    }
    it('leaves requests out by path, by pattern and by function, and what they call with them', async () => {
      const ignore = ['/health/*', /^\/metr/, (request: { headers: object }) => 'x-probe' in request.headers];
      await using app = await nestApp().on(adapter).imports(forRoot({ ignore })).controllers(HealthController).listen();
      for (const path of ['/health', '/health?full=1', '/health/live', '/metrics']) {
        expect(await app.fetch(path)).toMatchObject({ status: 200, body: 'up' });
      }
      await app.fetch('/orders/1', { headers: { 'x-probe': '1' } });
      await app.fetch('/healthy');
      expect(await exported.flushedTree()).toEqual([
        'GET /healthy',
        '  HealthController.health',
        '    HealthController.check',
      ]);
    });

    it('holds for the app that has it', async () => {
      await using app = await nestApp()
        .on(adapter)
        .imports(forRoot({ ignore: ['/health'] }))
        .controllers(HealthController)
        .listen();
      await using other = await nestApp().on(adapter).imports(forRoot()).controllers(HealthController).listen();
      await app.fetch('/health');
      await other.fetch('/health');
      expect((await exported.flushedTree())[0]).toBe('GET /health');
      expect(exported.spans).toHaveLength(3);
    });
  });
});

describe('tracing providers that nobody decorated', () => {
  let exported: Exported;

  beforeEach(() => {
    exported = new Exported();
  });

  afterEach(async () => {
    await runningTelemetry()?.shutdown();
  });

  const calls = async (stock: Stock) => {
    await stock.count();
    stock.named();
  };
  const traced = ['OwnStock.count', '  OwnStock.read', 'named already'];

  it('traces those that are listed', async () => {
    const Listed = newStock();
    const Left = newStock();
    await using app = await nestApp()
      .imports(
        TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options, trace: { providers: [Listed] } }),
      )
      .providers(Listed, Left)
      .listen();
    await calls(app.nest.get(Listed));
    app.nest.get(Left).read();
    expect(await exported.flushedTree()).toEqual(traced);
  });

  it("traces 'all' that the app provides, without hooks and without what packages of Nest's provide", async () => {
    const Own = newStock();
    const Configured = newStock();
    @Module({ providers: [Configured], exports: [Configured] })
    class ConfigModule {}
    await using app = await nestApp()
      .imports(
        TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options, trace: { providers: 'all' } }),
        ConfigModule,
      )
      .providers(Own)
      .listen();
    await calls(app.nest.get(Own));
    app.nest.get(Configured).read();
    expect(await exported.flushedTree()).toEqual(traced);
  });

  it('traces those of a feature module', async () => {
    const Featured = newStock();
    @Module({
      imports: [TelemetryModule.forFeature({ trace: [Featured] })],
      providers: [Featured],
      exports: [Featured],
    })
    class StockModule {}
    await using app = await nestApp()
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }), StockModule)
      .listen();
    await calls(app.nest.get(Featured));
    expect(await exported.flushedTree()).toEqual(traced);
  });
});

describe('forRootAsync', () => {
  let exported: Exported;

  beforeEach(() => {
    exported = new Exported();
  });

  afterEach(async () => {
    await runningTelemetry()?.shutdown();
  });

  @Injectable()
  class TelemetryConfig {
    create(): TelemetryModuleOptions {
      return { telemetry: exported.options, ignore: ['/ignored'] };
    }
  }
  @Module({ providers: [TelemetryConfig], exports: [TelemetryConfig] })
  class SettingsModule {}

  it.each([
    ['useFactory', { inject: [TelemetryConfig], useFactory: (config: TelemetryConfig) => config.create() }],
    ['useClass', { useClass: TelemetryConfig }],
    ['useExisting', { useExisting: TelemetryConfig }],
  ])('takes options by %s', async (_how, given) => {
    await using app = await nestApp()
      .imports(TelemetryModule.forRootAsync({ imports: [SettingsModule], ...given }))
      .listen();
    await app.fetch('/ignored');
    await app.fetch('/seen');
    expect(await exported.flushedTree()).toEqual(['GET']);
  });
});
