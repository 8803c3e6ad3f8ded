import { Injectable } from '@nestjs/common';
import { Workflow } from 'annotel';
import { DocumentStore, type FoundPassage } from './document-store.js';
import { ModelClient } from './model-client.js';
import { settings } from './settings.js';

export interface Answer {
  answer: string;
  sources: { file: string; heading: string; distance: number }[];
}

const INSTRUCTIONS =
  'Answer the question in at most three sentences, from the numbered passages only. ' +
  'Put the number of the passage behind what you take from it, like [1]. ' +
  'If the passages do not answer the question, say so.';

@Injectable()
export class RagService {
  constructor(
    private readonly models: ModelClient,
    private readonly store: DocumentStore,
  ) {}

  @Workflow('rag.answer')
  async answer(question: string, model = settings.chatModel): Promise<Answer> {
    const { data } = await this.models.embed([question]);
    const passages = await this.store.retrieve({ text: question, vector: data[0]?.embedding ?? [] });
    const chunks = await this.models.generate({
      model,
      messages: [
        { role: 'system', content: INSTRUCTIONS },
        { role: 'user', content: prompt(question, passages) },
      ],
      max_completion_tokens: 400,
      stream: true,
      stream_options: { include_usage: true },
    });

    let answer = '';
    for await (const chunk of chunks) answer += chunk.choices[0]?.delta.content ?? '';
    return { answer, sources: passages.map(({ file, heading, distance }) => ({ file, heading, distance })) };
  }
}

function prompt(question: string, passages: FoundPassage[]): string {
  const numbered = passages.map(({ file, heading, text }, index) => `[${index + 1}] ${file} › ${heading}\n${text}`);
  return `${numbered.join('\n\n')}\n\nQuestion: ${question}`;
}
