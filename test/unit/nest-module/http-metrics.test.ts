import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { MetricReader } from '@opentelemetry/sdk-metrics';
import { runningTelemetry, type TelemetryOptions } from '../../../lib/sdk/index.js';
import { TelemetryModule } from '../../../nest-module/index.js';
import { nestApp, platforms } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';
import { metricFacts } from '../../support/telemetry.js';

class CollectingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

@Controller('cats')
class CatsController {
  @Get(':id')
  get(@Param('id') id: string): string {
    if (id === 'broken') throw new TypeError('no cat');
    return id;
  }

  @Post()
  add(@Body() cat: object): object {
    return cat;
  }

  @Get('health/live')
  live(): string {
    return 'up';
  }
}

const WAYS: [how: string, options: () => TelemetryOptions][] = [
  ['with the HTTP instrumentation', () => new Exported().options],
  ['without the HTTP instrumentation', () => ({ ...new Exported().options, instrumentations: [] })],
];

describe.each(platforms)('http.server.request.duration on %s', (_name, adapter) => {
  afterEach(async () => {
    await runningTelemetry()?.shutdown();
  });

  it.each(WAYS)('is recorded once for a request, by its route and never by its path, %s', async (_how, options) => {
    const reader = new CollectingReader();
    const telemetry = { ...options(), metricReaders: [reader] };
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ telemetry, ignore: ['/cats/health/*'] }))
      .controllers(CatsController)
      .listen();
    const json = { 'content-type': 'application/json' };
    await app.fetch('/cats/7?secret=1');
    await app.fetch('/cats/8');
    await app.fetch('/cats/broken');
    await app.fetch('/cats', { method: 'POST', headers: json, body: '{"name":"tom"}' });
    await app.fetch('/cats', { method: 'POST', headers: json, body: '{"name":' });
    await app.fetch('/dogs/1');
    await app.fetch('/cats/7/kittens');
    await app.fetch('/cats/health/live');

    const { resourceMetrics } = await reader.collect();
    const metrics = metricFacts(resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics));
    const { unit, points = [] } = metrics['http.server.request.duration'] ?? {};
    expect(unit).toBe('s');
    const counted = points.map(({ attributes, count }) => {
      const { 'http.route': route = '-', 'http.response.status_code': status, 'error.type': error } = attributes;
      return `${count} × ${attributes['http.request.method']} ${route} ${status}${error ? ` ${error}` : ''}`;
    });
    // Fastify knows the route before it reads the body.
    const refused = adapter().getType() === 'fastify' ? '1 × POST /cats 400' : '1 × POST - 400';
    expect(counted.sort()).toEqual(
      ['1 × GET /cats/:id 500 500', '1 × POST /cats 201', '2 × GET - 404', '2 × GET /cats/:id 200', refused].sort(),
    );
    expect(points[0]?.attributes).toMatchObject({ 'url.scheme': 'http', 'network.protocol.version': '1.1' });
  });
});
