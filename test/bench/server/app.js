/* The server that is measured: a Nest app whose handler calls five async methods, each of them a span where SPANS says so. */
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { logs, SpanStatusCode, trace } from '@opentelemetry/api';

const { ADAPTER, SPANS, MODULE } = process.env;
const tracer = trace.getTracer('shop');

/** What an app writes around a method that it wants to see. */
const byHand = (_target, name, descriptor) => {
  const method = descriptor.value;
  descriptor.value = function (...args) {
    return tracer.startActiveSpan(`Orders.${name}`, async (span) => {
      try {
        return await method.apply(this, args);
      } catch (error) {
        span.recordException(error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        throw error;
      } finally {
        span.end();
      }
    });
  };
};

class Orders {
  async find(id) {
    return this.load(id);
  }
  async load(id) {
    return { id, price: (await this.price(id)) + (await this.shipping(id)) };
  }
  async price(id) {
    return id % 100;
  }
  async shipping(id) {
    return this.distance(id);
  }
  async distance(id) {
    return id % 7;
  }
}

class OrdersController {
  #orders = new Orders();

  async find(id) {
    return this.#orders.find(Number(id));
  }
}

class App {}

/** TypeScript writes this for a decorator before a method. */
function decorate(decorator, { prototype }, name) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, decorator(prototype, name, descriptor) ?? descriptor);
}

const methods = ['find', 'load', 'price', 'shipping', 'distance'];
if (SPANS === 'by hand') for (const name of methods) decorate(byHand, Orders, name);
if (SPANS === 'decorated') {
  const { Traced } = await import('annotel');
  for (const name of methods) decorate(Traced(), Orders, name);
}
const imports = [];
if (MODULE) {
  const { TelemetryModule } = await import('annotel/nest');
  imports.push(TelemetryModule.forRoot());
}
Param('id')(OrdersController.prototype, 'find', 0);
decorate(Get('orders/:id'), OrdersController, 'find');
Controller()(OrdersController);
Module({ imports, controllers: [OrdersController] })(App);

const adapter = ADAPTER === 'fastify' ? [new (await import('@nestjs/platform-fastify')).FastifyAdapter()] : [];
const app = await NestFactory.create(App, ...adapter, { logger: false });
await app.listen(0, '127.0.0.1');

process.on('message', async () => {
  // What is still queued belongs to the requests that were asked for.
  for (const provider of [trace.getTracerProvider(), logs.getLoggerProvider()]) {
    await (provider.getDelegate?.() ?? provider).forceFlush?.();
  }
  process.send(process.cpuUsage());
});
process.on('disconnect', () => process.exit(0));
process.send(app.getHttpServer().address().port);
