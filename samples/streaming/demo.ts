import { App } from '../local/app.js';

/** Plays two clients of the server: one reads the whole answer, the other hangs up in the middle of it. */
const { app, url } = await App.start(new URL('./server.js', import.meta.url), { ANNOTEL_CONSOLE: 'tree' });
const QUESTION = 'How does a rainbow come about, and why is the sky around it darker than the sky within it?';

try {
  console.log('\n— A client that reads to the end —\n');
  for await (const text of answerTo(QUESTION)) process.stdout.write(text);
  console.log('\n');
  await app.traces(1);

  console.log('\n— A client with much to ask, which hangs up after the first piece of the answer —\n');
  for await (const text of answerTo(`${QUESTION} `.repeat(20))) {
    console.log(`${text}…\n`);
    break;
  }
  await app.traces(2);
} finally {
  await app.stop();
}

/** The pieces of an answer as they come. Who leaves the loop early closes the connection. */
async function* answerTo(question: string): AsyncGenerator<string> {
  const { body, status } = await fetch(url, { method: 'POST', body: JSON.stringify({ question }) });
  if (status !== 200 || !body) throw new Error(`unexpected status ${status}`);
  let unread = '';
  for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
    const events = (unread + bytes).split('\n\n');
    unread = events.pop() ?? '';
    for (const event of events) {
      const [, data] = /^data: (\{"text":.*)$/.exec(event) ?? [];
      if (data) yield (JSON.parse(data) as { text: string }).text;
    }
  }
}
