import { Logger, Module } from '@nestjs/common';
import { TelemetryModule } from 'annotel/nest';
import OpenAI from 'openai';
import { Pool } from 'pg';
import { DocumentStore } from './document-store.js';
import { Indexer } from './indexer.js';
import { LocalServices } from './local/local-services.js';
import { ModelClient } from './model-client.js';
import { RagController } from './rag.controller.js';
import { RagService } from './rag.service.js';
import { settings } from './settings.js';

@Module({
  imports: [TelemetryModule.forRoot()],
  controllers: [RagController],
  providers: [
    RagService,
    ModelClient,
    DocumentStore,
    Indexer,
    LocalServices,
    {
      provide: Pool,
      inject: [LocalServices],
      useFactory: async (local: LocalServices) => {
        const connectionString = settings.databaseUrl ?? (await local.start('embedded-postgres'));
        const pool = new Pool({ connectionString, max: 4 });
        // Without a listener, a connection lost while idle would end the process.
        pool.on('error', (error) => new Logger('Pool').error(error));
        return pool;
      },
    },
    {
      provide: OpenAI,
      inject: [LocalServices],
      useFactory: async (local: LocalServices) =>
        settings.openaiApiKey
          ? new OpenAI()
          : new OpenAI({ baseURL: await local.start('stand-in-provider'), apiKey: 'stand-in' }),
    },
  ],
})
export class AppModule {}
