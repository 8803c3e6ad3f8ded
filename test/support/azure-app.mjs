// Exports one span to Azure Monitor and is done; what becomes of the export is none of its business. Runs the source: the
// built package has no entry for a part of it. Needs --experimental-transform-types.
import { registerHooks } from 'node:module';
import { TracerProvider } from '@opentelemetry/sdk-trace';

registerHooks({
  resolve: (specifier, context, next) =>
    next(context.parentURL?.endsWith('.ts') ? specifier.replace(/^(\..*)\.js$/, '$1.ts') : specifier, context),
});
const { createAzure } = await import('../../lib/sdk/azure/azure.ts');

const azure = createAzure({ connectionString: process.env.CONNECTION, storageDirectory: process.env.STORAGE });
const { spanExporter } = azure;
const provider = new TracerProvider({
  spanProcessors: [
    {
      onStart() {},
      onEnd: (span) => spanExporter.export([span], ({ code }) => console.log(`result ${code}`)),
      forceFlush: async () => {},
      shutdown: () => spanExporter.shutdown(),
    },
  ],
});
provider.getTracer('app').startSpan('work').end();
console.log('done');
if (process.env.WAIT) {
  const holding = setInterval(() => {}, 1000);
  await provider.shutdown();
  clearInterval(holding);
}
