const env = process.env;

/** What the sample reads from the environment. Telemetry has its own variables, which annotel reads. */
export const settings = {
  /** `PORT`; 0 takes any free one. */
  port: Number(env.PORT ?? 3000),
  /** `DATABASE_URL` of a PostgreSQL server with pgvector. Without it, an embedded one is started. */
  databaseUrl: env.DATABASE_URL,
  /** `OPENAI_API_KEY`. Without it, the models are a local stand-in. */
  openaiApiKey: env.OPENAI_API_KEY,
  /** `CHAT_MODEL` */
  chatModel: env.CHAT_MODEL ?? 'gpt-4o-mini',
  /** `EMBEDDING_MODEL`; it must be able to shorten its vectors to `dimensions`. */
  embeddingModel: env.EMBEDDING_MODEL ?? 'text-embedding-3-small',
  dimensions: 512,
  /** `MARKDOWN_FOLDER` is what gets indexed: by default the documentation inside the installed packages. */
  markdownFolder: env.MARKDOWN_FOLDER ?? 'node_modules',
};
