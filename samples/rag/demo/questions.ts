/** What the demos ask the app. The last one goes to a model that does not exist, so that there is a failure to look at. */
export const QUESTIONS: { question: string; model?: string }[] = [
  { question: 'How does ioredis reconnect after the connection is lost?' },
  { question: 'How do I configure timeouts in the openai client?' },
  { question: 'How can I use multiple connections with the PGlite socket server?' },
  { question: 'How do I suppress pg-pool.connect spans of the OpenTelemetry pg instrumentation?' },
  { question: 'What does the redact option of pino do?', model: 'gpt-nonexistent' },
];
