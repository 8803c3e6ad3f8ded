// Exports one span to Azure Monitor and is done; what becomes of the export is none of its business.
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { createAzure } from '../../dist/lib/sdk/azure/azure.js';

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
