// A Nest app with shutdown hooks, written without decorators so that Node can run it as it is.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { trace } from '@opentelemetry/api';

class AppModule {
  async beforeApplicationShutdown(signal) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    trace.getTracer('app').startSpan('in hook').end();
    console.log(`hook ${signal}`);
  }
}
Module({})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
await app.listen(0);
trace.getTracer('app').startSpan('work').end();
console.log('ready');
