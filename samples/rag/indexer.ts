import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { annotate, Workflow } from 'annotel';
import { DocumentStore } from './document-store.js';
import { type Passage, readPassages } from './markdown.js';
import { ModelClient } from './model-client.js';
import { Progress } from './progress.js';
import { settings } from './settings.js';

/** Large, so that indexing is dozens of spans and not thousands. */
const BATCH = 512;

/** Fills the document store before the app takes its first question. */
@Injectable()
export class Indexer implements OnModuleDestroy {
  private readonly logger = new Logger(Indexer.name);
  private stopping = false;

  constructor(
    private readonly models: ModelClient,
    private readonly store: DocumentStore,
  ) {}

  /** Not a hook of start-up, because those hold back a shutdown until they are done. */
  async ensureIndex(): Promise<void> {
    if (await this.store.isIndexed()) this.logger.log('The documents are indexed already');
    else await this.index(settings.markdownFolder);
  }

  @Workflow('rag.index')
  async index(folder: string): Promise<void> {
    const passages = await readPassages(folder);
    if (passages.length === 0) throw new Error(`There is no markdown to index in ${folder}`);
    annotate({ 'rag.index.folder': folder, 'rag.index.passages': passages.length });
    this.logger.log(`Indexing ${passages.length} passages of the markdown in ${folder}`);

    await this.store.clear();
    const progress = new Progress('Indexing', passages.length);
    for (let start = 0; start < passages.length; start += BATCH) {
      if (this.stopping) throw new Error('Stopped before the index was complete');
      const batch = passages.slice(start, start + BATCH);
      const { data } = await this.models.embed(batch.map(embeddable));
      await this.store.insert(
        batch,
        data.map(({ embedding }) => embedding),
      );
      progress.advance(batch.length);
    }
    this.logger.log('Building the search index');
    await this.store.finish();
  }

  onModuleDestroy(): void {
    this.stopping = true;
  }
}

/** File and headings often hold the very words that a question uses and the text leaves out. */
function embeddable({ file, heading, text }: Passage): string {
  return `${file}\n${heading}\n${text}`;
}
