import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { configure } from '../../../lib/index.js';
import { TelemetryModule } from '../../../nest-module/index.js';
import { nestApp, platforms } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

let working: () => void;

@Controller()
class SlowController {
  @Get('never')
  never(): Promise<string> {
    working();
    return new Promise(() => {});
  }
}

it.each(platforms)('on %s, the span of a handler that never answers ends after the request', async (_name, adapter) => {
  const exported = new Exported();
  await using app = await nestApp()
    .on(adapter)
    .imports(TelemetryModule.forRoot({ telemetry: exported.options }))
    .controllers(SlowController)
    .listen();
  configure({ streamIdleTimeout: 20 });
  const begun = new Promise<void>((resolve) => {
    working = resolve;
  });
  const leaving = new AbortController();
  const answer = fetch(`${app.url}/never`, { signal: leaving.signal }).catch(() => {});
  await begun;
  leaving.abort();
  await answer;
  await app.settled();
  while (!(await exported.flushedTree()).includes('  SlowController.never')) await delay(10);
  expect(exported.span('SlowController.never').attributes).toMatchObject({
    'annotel.client.disconnected': true,
    'annotel.stream.end': 'abandoned',
  });
});
