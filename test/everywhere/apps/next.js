import { recorded } from '../expectations.js';
import { SHOP } from '../program.js';

const PACKAGES = {
  '@opentelemetry/api': '1.9.1',
  '@opentelemetry/exporter-metrics-otlp-http': '0.223.0',
  '@opentelemetry/exporter-logs-otlp-http': '0.223.0',
  '@opentelemetry/sdk-logs': '0.223.0',
  '@opentelemetry/sdk-metrics': '2.12.1',
  '@opentelemetry/sdk-node': '0.223.0',
  '@types/node': '24.19.4',
  '@types/react': '19.3.3',
  '@vercel/otel': '2.1.3',
  next: '16.4.6',
  react: '19.3.1',
  'react-dom': '19.3.1',
  typescript: '5.9.3',
};

const VERCEL = `
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { registerOTel } from '@vercel/otel';

registerOTel({
  serviceName: 'shop',
  logRecordProcessors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
  metricReaders: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() , exportIntervalMillis: 200, exportTimeoutMillis: 200 })],
});
`;

/** Serves one request, which comes from here. Next ends at once where it is told to, so that the last export has to be waited for. */
const DRIVE = `
import { spawn } from 'node:child_process';
const port = 20_000 + (process.pid % 20_000);
const child = spawn('next', ['start', '-p', String(port)], { stdio: 'inherit', detached: true });
const address = 'http://127.0.0.1:' + port + '/ask';
let answer;
for (let tries = 0; answer === undefined && tries < 100; tries++) {
  answer = await fetch(address).then((response) => response.json(), () => undefined);
  if (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
}
console.log('answered', answer);
await fetch(address);
await new Promise((resolve) => setTimeout(resolve, 2000));
process.kill(-child.pid, 'SIGTERM');
`;

const files = (start, config = {}) => ({
  'package.json': '{}',
  'next.config.mjs': `export default ${JSON.stringify({ experimental: { serverMinification: false }, ...config })};\n`,
  // Next knows legacy decorators, and otherwise a proposal that became neither.
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      ...{ target: 'es2022', lib: ['dom', 'es2022'], module: 'esnext', moduleResolution: 'bundler', jsx: 'react-jsx' },
      ...{
        strict: true,
        noEmit: true,
        esModuleInterop: true,
        resolveJsonModule: true,
        isolatedModules: true,
        allowJs: true,
      },
      ...{ skipLibCheck: true, incremental: true, experimentalDecorators: true, plugins: [{ name: 'next' }] },
    },
    include: ['**/*.ts', '**/*.tsx', '.next/types/**/*.ts', '.next/dev/types/**/*.ts'],
    exclude: ['node_modules'],
  }),
  'instrumentation.ts': `
    export async function register() {
      if (process.env.NEXT_RUNTIME === 'nodejs') await import('./instrumentation.node');
    }
  `,
  'instrumentation.node.ts': start,
  'app/layout.tsx': `
    import type { ReactNode } from 'react';
    export default function Layout({ children }: { children: ReactNode }) {
      return <html lang="en"><body>{children}</body></html>;
    }
  `,
  'app/page.tsx': 'export default function Page() { return <p>A shop.</p>; }\n',
  'app/shop.ts': SHOP,
  'app/ask/route.ts': `
    import { Shop } from '../shop';
    export const dynamic = 'force-dynamic';
    export async function GET() {
      const { choices } = await new Shop().answer('What do you sell?');
      return Response.json(choices[0].message.content);
    }
  `,
  'drive.mjs': DRIVE,
});

/** A route handler, with what \`instrumentation.ts\` starts. */
export const NEXT = [
  {
    name: 'Next.js 16',
    packages: PACKAGES,
    env: {
      NEXT_TELEMETRY_DISABLED: '1',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_METRIC_EXPORT_TIMEOUT: '200',
    },
    cells: [
      cell('sdk-node 0.223', files("import { NodeSDK } from '@opentelemetry/sdk-node';\nnew NodeSDK().start();\n")),
      cell('@vercel/otel 2', files(VERCEL)),
      cell(
        'annotel/sdk, serverExternalPackages',
        files("import { startTelemetry } from 'annotel/sdk';\nstartTelemetry();\n", {
          serverExternalPackages: ['annotel'],
        }),
        // Next adds to the span of the request when that has ended, which the SDK says once.
        { mayWarn: true },
      ),
    ],
  },
];

function cell(name, files, expected) {
  const seen = recorded({ ...expected, calls: 2 });
  return { name, files, run: ['next build', 'node drive.mjs'], expect: seen };
}
