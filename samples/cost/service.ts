import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { withRequestContext } from 'annotel';
import { HOSTED_MODEL, type Models, OWN_MODEL } from './models.js';

const HANDBOOK = `[1] handbook
Orders can be sent back within thirty days after they arrived. Refunds are paid to the card that the order was paid with.`;

/** What the service offers, by the path that asks for it; the path's name is the feature. */
const FEATURES: Record<string, (models: Models, text: string) => Promise<string>> = {
  async help(models, question) {
    const messages = [
      { role: 'system' as const, content: 'Answer from the numbered passages only.' },
      { role: 'user' as const, content: `${HANDBOOK}\nQuestion: ${question}` },
    ];
    const { choices } = await models.askHosted({ model: HOSTED_MODEL, messages });
    return choices[0]?.message.content ?? '';
  },
  async summary(models, article) {
    const content = `[1] article\n${article}\nQuestion: What does the article tell?`;
    const { choices } = await models.askOwn({ model: OWN_MODEL, messages: [{ role: 'user', content }] });
    return choices[0]?.message.content ?? '';
  },
};

/** `POST /{feature}` with a text, on behalf of the tenant in `x-tenant-id`. Nothing below it knows of tenants. */
export function createService(models: Models): Server {
  return createServer((request, response) => {
    const featureId = request.url?.slice(1) ?? '';
    // A real service takes the tenant from what it has authenticated, never from a header that anybody can write.
    const tenantId = String(request.headers['x-tenant-id']);
    withRequestContext({ tenantId, featureId, requestId: randomUUID() }, () =>
      answer(models, featureId, request, response),
    ).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
}

async function answer(
  models: Models,
  featureId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const feature = Object.hasOwn(FEATURES, featureId) ? FEATURES[featureId] : undefined;
  if (!feature) response.writeHead(404).end();
  else response.end(await feature(models, await text(request)));
}
