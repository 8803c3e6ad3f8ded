// To TypeScript a `.d.ts` of this package describes an ES module, and what it imports is the ES module form of other packages.
// What is required is described by a copy that speaks of CommonJS throughout. Run by `npm run build`, after `tsc`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DIST = join(import.meta.dirname, 'dist');

for (const file of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.d.ts')) continue;
  const text = readFileSync(join(DIST, file), 'utf8');
  const copy = text.replace(/(\bfrom |\bimport\(|^import )(['"]\.[^'"]*)\.js(['"])/gm, '$1$2.cjs$3');
  writeFileSync(join(DIST, file.replace(/\.d\.ts$/, '.d.cts')), copy);
}
