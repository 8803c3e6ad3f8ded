import { setImmediate as turn } from 'node:timers/promises';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type CanActivate, type DynamicModule, NotFoundException, UseGuards } from '@nestjs/common';
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { PubSub } from 'graphql-subscriptions';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Traced } from '../../../../lib/index.js';
import { TelemetryModule, type TelemetryModuleOptions } from '../../../../nest-module/index.js';
import { type ListeningApp, nestApp } from '../../../support/nest-app.js';
import { Exported } from '../../../support/nest-telemetry.js';

let exported: Exported;
let pubSub: PubSub;
let subscribed = false;

@ObjectType()
class Cat {
  @Field(() => Int)
  id = 0;
  @Field(() => String)
  name = '';
}

const CATS: readonly Cat[] = [
  { id: 1, name: 'Tom' },
  { id: 2, name: 'Felix' },
];

class Nobody implements CanActivate {
  canActivate(): never {
    throw new RangeError('the door is stuck');
  }
}

@Resolver('Cat')
class UsedResolver {
  @Query(() => [Cat])
  async cats(): Promise<readonly Cat[]> {
    return CATS;
  }
}

@Resolver(() => Cat)
class CatsResolver extends UsedResolver {
  @Query(() => Cat, { nullable: true })
  cat(@Args('id', { type: () => Int }) id: number): Cat {
    const cat = CATS.find((one) => one.id === id);
    if (id === 13) throw new TypeError('no such number');
    if (!cat) throw new NotFoundException(`no cat ${id}`);
    return cat;
  }

  @UseGuards(Nobody)
  @Query(() => Cat, { nullable: true })
  guarded(): Cat {
    return new Cat();
  }

  @Mutation(() => Cat)
  @Traced({ name: 'adopt' })
  async addCat(@Args('name') name: string): Promise<Cat> {
    const cat = { id: 3, name };
    await pubSub.publish('catAdded', { catAdded: cat });
    return cat;
  }

  @Subscription(() => Cat)
  catAdded(): AsyncIterator<unknown> {
    subscribed = true;
    return pubSub.asyncIterableIterator('catAdded');
  }

  @ResolveField(() => String, { nullable: true })
  async owner(@Parent() cat: Cat): Promise<string> {
    await turn();
    if (cat.name === 'Felix') throw new RangeError('a stray cat');
    return `owner of ${cat.name}`;
  }

  @ResolveField(() => String, { nullable: true })
  @Traced({ name: 'toys' })
  toys(): string {
    return 'mouse';
  }
}

const TYPES = `
  type Cat { id: Int! name: String! owner: String toys: String }
  type Query { cats: [Cat!]! cat(id: Int!): Cat guarded: Cat }
  type Mutation { addCat(name: String!): Cat! }
  type Subscription { catAdded: Cat! }
`;

const apollo = (schema: Partial<ApolloDriverConfig>) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    subscriptions: { 'graphql-ws': true },
    ...schema,
  });
const mercurius = (schema: Partial<MercuriusDriverConfig>) =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, subscription: true, ...schema });
const express = () => new ExpressAdapter();
const fastify = () => new FastifyAdapter();

interface Case {
  readonly driver: string;
  readonly graphql: () => DynamicModule;
  readonly platform: () => ExpressAdapter | FastifyAdapter;
}

const cases: Case[] = [
  { driver: 'Apollo, code first', graphql: () => apollo({ autoSchemaFile: true }), platform: express },
  { driver: 'Apollo, schema first', graphql: () => apollo({ typeDefs: TYPES }), platform: express },
  {
    driver: 'Apollo on Fastify, with interceptors for fields',
    graphql: () => apollo({ autoSchemaFile: true, fieldResolverEnhancers: ['interceptors'] }),
    platform: fastify,
  },
  { driver: 'Mercurius, code first', graphql: () => mercurius({ autoSchemaFile: true }), platform: fastify },
  { driver: 'Mercurius, schema first', graphql: () => mercurius({ typeDefs: TYPES }), platform: fastify },
];

const shop = ({ graphql, platform }: Case, options: TelemetryModuleOptions = { slowerThan: 60_000 }) => {
  exported = new Exported();
  pubSub = new PubSub();
  subscribed = false;
  return nestApp()
    .imports(TelemetryModule.forRoot({ telemetry: exported.options, ...options }), graphql())
    .providers(CatsResolver)
    .on(platform)
    .listen();
};

async function ask(app: ListeningApp, query: string): Promise<{ data: unknown; errors?: { message: string }[] }> {
  const { body } = await app.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return JSON.parse(body);
}

describe.each(cases)('GraphQL by $driver', (one) => {
  it('says on the server span which operation it is', async () => {
    await using app = await shop(one);
    expect(await ask(app, 'query Names { cats { name } }')).toEqual({
      data: { cats: [{ name: 'Tom' }, { name: 'Felix' }] },
    });
    expect((await ask(app, '{ cat(id: 1) { id } }')).data).toEqual({ cat: { id: 1 } });
    await app.close();

    const servers = exported.spans.filter(({ kind }) => kind === SpanKind.SERVER);
    expect(servers).toMatchObject([
      {
        name: 'POST /graphql',
        attributes: { 'http.route': '/graphql', 'graphql.operation.type': 'query', 'graphql.operation.name': 'Names' },
      },
      { name: 'POST /graphql', attributes: { 'graphql.operation.type': 'query' } },
    ]);
    expect(servers[1]?.attributes).not.toHaveProperty(['graphql.operation.name']);
    expect(exported.tree()).toEqual(['POST /graphql', '  CatsResolver.cats', 'POST /graphql', '  CatsResolver.cat']);
  });

  it('has a span of a field only where it is slow or fails', async () => {
    await using app = await shop(one);
    const answer = await ask(app, 'query Owners { cats { name owner } }');
    await app.close();

    expect(answer.data).toEqual({
      cats: [
        { name: 'Tom', owner: 'owner of Tom' },
        { name: 'Felix', owner: null },
      ],
    });
    expect(answer.errors?.map(({ message }) => message)).toEqual(['a stray cat']);
    expect(exported.tree().sort()).toEqual(['  CatsResolver.cats', '  CatsResolver.owner', 'POST /graphql']);
    expect(exported.span('CatsResolver.owner')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'a stray cat' },
      attributes: { 'annotel.operation': 'field', 'error.type': 'RangeError' },
    });
  });

  it('has a span of every field where all count as slow', async () => {
    await using app = await shop(one, { slowerThan: 0 });
    expect((await ask(app, '{ cat(id: 1) { owner toys } }')).data).toEqual({
      cat: { owner: 'owner of Tom', toys: 'mouse' },
    });
    await app.close();

    expect(exported.tree().sort()).toEqual(['  CatsResolver.cat', '  CatsResolver.owner', '  toys', 'POST /graphql']);
    expect(exported.span('CatsResolver.owner').status.code).toBe(SpanStatusCode.UNSET);
  });

  it('has a failure where a resolver throws, unless it is an answer', async () => {
    await using app = await shop(one);
    expect((await ask(app, '{ cat(id: 13) { id } }')).errors).toMatchObject([{ message: 'no such number' }]);
    const [failed] = (await flushed()).filter(({ name }) => name === 'CatsResolver.cat');
    exported.clear();
    expect((await ask(app, '{ cat(id: 4) { id } }')).errors).toMatchObject([{ message: 'no cat 4' }]);
    const [answered] = (await flushed()).filter(({ name }) => name === 'CatsResolver.cat');
    exported.clear();
    expect((await ask(app, '{ guarded { id } }')).errors).toMatchObject([{ message: 'the door is stuck' }]);
    await app.close();

    expect(failed).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'no such number' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
    });
    expect(answered?.status.code).toBe(SpanStatusCode.UNSET);
    expect(exported.span('Nobody')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'the door is stuck' },
      parentSpanContext: { spanId: exported.span('POST /graphql').spanContext().spanId },
    });
  });

  it('has a subscription until it ends', async () => {
    await using app = await shop(one);
    const client = createClient({ url: `${app.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const added = client.iterate({ query: 'subscription Added { catAdded { name owner } }' });
    const first = added.next();
    while (!subscribed) await turn();
    const answer = await ask(app, 'mutation { addCat(name: "Azrael") { name } }');
    expect(answer.data).toEqual({ addCat: { name: 'Azrael' } });
    expect((await first).value).toEqual({ data: { catAdded: { name: 'Azrael', owner: 'owner of Azrael' } } });
    expect((await flushed()).map(({ name }) => name)).not.toContain('CatsResolver.catAdded');
    await added.return?.();
    while (!(await flushed()).some(({ name }) => name === 'CatsResolver.catAdded')) await turn();
    await client.dispose();
    await app.close();

    expect(exported.span('CatsResolver.catAdded')).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'graphql.operation.type': 'subscription', 'graphql.operation.name': 'Added' },
    });
    expect(exported.span('adopt').parentSpanContext?.spanId).toBe(exported.span('POST /graphql').spanContext().spanId);
  });
});

async function flushed() {
  await exported.flushedTree();
  return [...exported.spans];
}
