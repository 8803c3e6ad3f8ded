import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Retrieval } from 'annotel';
import { escapeLiteral, Pool } from 'pg';
import type { Passage } from './markdown.js';
import { settings } from './settings.js';

/** A question, and the vector to look for. */
export interface EmbeddedQuestion {
  text: string;
  vector: number[];
}

export interface FoundPassage extends Passage {
  /** Cosine distance from the question: 0 is the same direction, 1 has nothing in common. */
  distance: number;
}

const TOP_K = 4;

/** Passages and their vectors, in PostgreSQL with pgvector. */
@Injectable()
export class DocumentStore implements OnModuleDestroy {
  constructor(private readonly pool: Pool) {}

  @Retrieval({ dataSource: 'pgvector', query: (question: EmbeddedQuestion) => question.text, topK: TOP_K })
  async retrieve(question: EmbeddedQuestion): Promise<FoundPassage[]> {
    const { rows } = await this.pool.query<FoundPassage>(
      `select file, heading, content as text, embedding <=> $1 as distance
         from rag_passages order by embedding <=> $1 limit $2`,
      [toVector(question.vector), TOP_K],
    );
    return rows;
  }

  /** Whether a complete index stands that was made by the same model: vectors of two models do not compare. */
  async isIndexed(): Promise<boolean> {
    const { rows } = await this.pool.query(`select obj_description(to_regclass('rag_passages')) as made_by`);
    return rows[0].made_by === madeBy();
  }

  /** Starts over with an empty table. */
  async clear(): Promise<void> {
    await this.pool.query('create extension if not exists vector');
    await this.pool.query('drop table if exists rag_passages');
    await this.pool.query(
      `create table rag_passages (
         id bigint generated always as identity primary key,
         file text not null, heading text not null, content text not null,
         embedding vector(${settings.dimensions}) not null
       )`,
    );
  }

  async insert(passages: Passage[], vectors: number[][]): Promise<void> {
    await this.pool.query(
      `insert into rag_passages (file, heading, content, embedding)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]::vector[])`,
      [
        passages.map(({ file }) => file),
        passages.map(({ heading }) => heading),
        passages.map(({ text }) => text),
        vectors.map(toVector),
      ],
    );
  }

  /** Builds the search index, cheaper at the end than row by row. The comment comes last: it says that all is there. */
  async finish(): Promise<void> {
    await this.pool.query('create index on rag_passages using hnsw (embedding vector_cosine_ops)');
    await this.pool.query(`comment on table rag_passages is ${escapeLiteral(madeBy())}`);
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
  }
}

function madeBy(): string {
  const model = settings.openaiApiKey ? settings.embeddingModel : 'stand-in';
  return `vectors of ${model}`;
}

function toVector(values: number[]): string {
  return `[${values.join(',')}]`;
}
