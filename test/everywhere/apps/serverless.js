import { recorded } from '../expectations.js';
import { calls, load } from '../program.js';

const HANDLER = `${calls('esm')}
import { runningTelemetry } from 'annotel/sdk';
export async function handler(event) {
  try {
    return { answered: (await answer(event.question)).choices[0].message.content };
  } finally {
    await runningTelemetry()?.flush();
  }
}
`;

/** As the runtime of AWS Lambda: it loads the handler, hands it one event after the other, and freezes the process in between. */
const LAMBDA = `
const { handler } = await import(process.env.HANDLER);
const { answered } = await handler({ question: 'What do you sell?' }, { awsRequestId: '1' });
console.log('answered', answered);
process.kill(process.pid, process.env.SIGNAL);
await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

const FUNCTIONS = `
const { app } = require('@azure/functions');
${load('cjs', 'runningTelemetry', 'annotel/sdk')}
${calls('cjs')}
app.hook.postInvocation(() => runningTelemetry()?.flush());
app.http('ask', {
  methods: ['POST'],
  handler: async () => ({ body: (await answer('What do you sell?')).choices[0].message.content }),
});
`;

/** As the worker of Azure Functions: it is what the programming model registers its functions and hooks with, and calls them. */
const WORKER = `
const Module = require('node:module');
const functions = new Map();
const hooks = { preInvocation: [], postInvocation: [] };
let model;
const core = {
  version: '3.0.0',
  setProgrammingModel: (given) => { model = given; },
  getProgrammingModel: () => model,
  registerFunction: (metadata, callback) => { functions.set(metadata.name, { metadata, callback }); },
  registerHook: (name, callback) => { hooks[name]?.push(callback); },
  Disposable: class {},
  log() {},
};
const original = Module._load;
Module._load = (name, ...rest) => (name === '@azure/functions-core' ? core : original(name, ...rest));

async function invoke(name) {
  const { metadata, callback } = functions.get(name);
  const request = {
    invocationId: '1',
    inputData: [{ name: 'httpTrigger1', data: { http: { method: 'POST', url: 'http://localhost/api/ask', headers: {}, query: {}, params: {} } } }],
    triggerMetadata: {},
  };
  const bindings = metadata.bindings;
  request.inputData[0].name = Object.keys(bindings).find((key) => bindings[key].type === 'httpTrigger');
  const context = { invocationId: '1', metadata, request, state: undefined, log() {} };
  const invocation = model.getInvocationModel(context);
  const { context: userContext, inputs } = await invocation.getArguments();
  const hook = { hookData: {}, appHookData: {}, invocationContext: userContext, functionCallback: callback, inputs };
  for (const before of hooks.preInvocation) await before(hook);
  hook.result = await invocation.invokeFunction(userContext, hook.inputs, hook.functionCallback);
  for (const after of hooks.postInvocation) await after(hook);
  const response = await invocation.getResponse(userContext, hook.result);
  return Buffer.from(response.returnValue.http.body.bytes ?? response.returnValue.http.body.string).toString();
}

require('./functions.cjs');
invoke('ask').then((body) => {
  console.log('answered', body);
  process.kill(process.pid, 'SIGKILL');
});
`;

const FILES = {
  'runtime.mjs': LAMBDA,
  'handler.mjs': HANDLER,
  'without-flush.mjs': HANDLER.replace('await runningTelemetry()?.flush();', ''),
  'worker.cjs': WORKER,
  'functions.cjs': FUNCTIONS,
};

/** Processes that are frozen between two calls: what was recorded has to be sent before, or when they are told to end. */
export const SERVERLESS = [
  {
    name: 'AWS Lambda',
    packages: {},
    env: { NODE_OPTIONS: '--import annotel/register' },
    cells: [
      {
        name: 'flush() before the answer, then frozen for good',
        files: FILES,
        env: { HANDLER: './handler.mjs', SIGNAL: 'SIGKILL' },
        run: ['node runtime.mjs || true'],
      },
      {
        name: 'SIGTERM at the end',
        files: FILES,
        env: { HANDLER: './without-flush.mjs', SIGNAL: 'SIGTERM' },
        run: ['node runtime.mjs || true'],
      },
    ],
  },
  {
    name: 'Azure Functions 4',
    packages: { '@azure/functions': '4.16.5' },
    env: { NODE_OPTIONS: '--import annotel/register' },
    cells: [{ name: 'flush() in a hook', files: FILES, run: ['node worker.cjs || true'], expect: recorded() }],
  },
];
