import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TelemetryLogger } from 'annotel/nest';
import { AppModule } from './app.module.js';
import { Indexer } from './indexer.js';
import { settings } from './settings.js';

const app = await NestFactory.create(AppModule, { bufferLogs: true });
app.useLogger(app.get(TelemetryLogger));
app.enableShutdownHooks();

const logger = new Logger('Main');
try {
  await app.init();
  await app.get(Indexer).ensureIndex();
  await app.listen(settings.port, '127.0.0.1');
  logger.log(`Ready: POST ${await app.getUrl()}/ask`);
} catch (error) {
  logger.error('Could not start', error);
  await app.close();
  process.exitCode = 1;
}
