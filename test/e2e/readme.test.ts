import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { compile, ROOT, start, startLocalService } from '../support/programs.js';

/*
 * Every TypeScript example of the README is compiled, as strictly as the package itself, and run: against an embedded
 * PostgreSQL and the stand-in for the model provider of the RAG sample.
 */

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const EXAMPLES = [...README.matchAll(/<!-- example: (\S+) -->\n```ts\n(.*?)```/gs)];
const FOLDER = join(ROOT, 'test/readme');

let services: ChildProcess[] = [];
let environment: Record<string, string>;

beforeAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [, name = '', code = ''] of EXAMPLES) writeFileSync(join(FOLDER, name), code);
  compile('test/tsconfig.readme.json');
  compile('samples/tsconfig.json');

  const [models, postgres] = await Promise.all([
    startLocalService('stand-in-provider'),
    startLocalService('embedded-postgres'),
  ]);
  services = [models.process, postgres.process];
  environment = { OPENAI_BASE_URL: models.address, OPENAI_API_KEY: 'stand-in', DATABASE_URL: postgres.address };
  await createPassages(postgres.address);
}, 60_000);

afterAll(() => {
  for (const service of services) service.disconnect();
});

async function createPassages(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query('create extension vector; create table passages (content text, embedding vector(1536))');
  await client.query('insert into passages select $1, array_fill(0.1, array[1536])::vector', [
    'Parcels to other countries take about three working days.',
  ]);
  await client.end();
}

test('every block of TypeScript is an example that is compiled here', () => {
  expect(EXAMPLES.length).toBeGreaterThan(3);
  expect(README.match(/```(ts|typescript|js)\n/g)).toHaveLength(EXAMPLES.length);
});

test('the Nest app of the README answers, and prints its trace', async () => {
  const port = await freePort();
  const app = start(['--import', 'annotel/register', 'test/readme/app.js'], { ...environment, PORT: port });
  const ask = () =>
    fetch(`http://127.0.0.1:${port}/ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question: 'How long do parcels take?' }),
    });
  await app.prints(/successfully started/);
  // Nest says so before it listens.
  let response = await ask().catch(() => undefined);
  while (!response) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    response = await ask().catch(() => undefined);
  }
  expect(await response.json()).toEqual({
    answer: expect.stringContaining('Parcels to other countries take about three working days.'),
  });
  await app.prints(/chat gpt-4o-mini/);
  expect(await app.end()).toBe('SIGTERM');
  const [tree = ''] = app.output.match(/^POST \/ask.*(\n[ └├│].*)*/m) ?? [];
  expect(tree.split('\n').map((line) => line.replace(/(\w) {2}.*/, '$1'))).toEqual([
    'POST /ask',
    '└─ RagController.ask',
    '   └─ invoke_workflow rag.answer',
    '      ├─ embeddings text-embedding-3-small',
    '      │  └─ POST',
    '      ├─ retrieval pgvector',
    '      │  └─ pg.query:SELECT postgres',
    '      └─ chat gpt-4o-mini',
    '         └─ POST',
  ]);
}, 60_000);

async function freePort(): Promise<string> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
}

test('a program that starts telemetry itself prints its result and the trace', async () => {
  const program = start(['test/readme/own-start.js'], environment);
  expect(await program.ended).toBe(0);
  expect(program.output).toMatch(/^ticket\.classify .*\n└─ chat gpt-4o-mini .*tokens/m);
}, 30_000);

test('the example of a test prints what the README says', async () => {
  const program = start(['test/readme/emitted.js'], environment);
  expect(await program.ended).toBe(0);
  const [, promised] = README.match(/prints `(chat [^`]+)`/) ?? [];
  expect(program.output.trim()).toBe(promised);
}, 30_000);
