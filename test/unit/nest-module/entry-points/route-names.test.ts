import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxy } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { Exported } from '../../../support/nest-telemetry.js';

class OwnClient extends ClientProxy {
  async connect(): Promise<void> {}
  async close(): Promise<void> {}
  protected publish(): () => void {
    return () => {};
  }
  // biome-ignore lint/suspicious/noExplicitAny: as Nest declares it
  protected async dispatchEvent(): Promise<any> {}
  unwrap<T>(): T {
    return undefined as T;
  }
}

it('names of which there is no end are one in metrics, and whole on the span', async () => {
  const exported = new Exported();
  const client = new OwnClient();
  class ClientModule {}
  Module({
    imports: [TelemetryModule.forRoot({ telemetry: exported.options })],
    providers: [{ provide: 'CLIENT', useValue: client }],
  })(ClientModule);
  const app = await NestFactory.createApplicationContext(ClientModule, { logger: false, abortOnError: false });
  for (let id = 0; id < 250; id++) await lastValueFrom(client.emit(`order.${id}`, {}), { defaultValue: undefined });
  await lastValueFrom(client.emit('order.0', {}), { defaultValue: undefined });
  await exported.flushedTree();
  const names = exported.spans.map(({ attributes }) => attributes['messaging.destination.name']);
  expect(new Set(names).size).toBe(201);
  expect(names.at(-1)).toBe('order.0');
  expect(exported.spans.at(-2)).toMatchObject({
    name: 'emit _OTHER',
    attributes: { 'annotel.messaging.destination': 'order.249' },
  });
  await app.close();
});
