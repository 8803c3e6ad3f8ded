import { type Check, type Finding, ok, problem } from '../finding.js';
import { versionOf } from './app-manifest.js';

const AZURE = '@azure/monitor-opentelemetry-exporter';
const AZURE_VERSION = '1.0.0-beta.45';

/** Packages that the configuration needs and annotel does not bring along. */
export const optionalPackages: Check = ({ folder, options, env }) => {
  const findings: Finding[] = [];
  if (options.azureConnectionString !== undefined) {
    const version = versionOf(folder, AZURE);
    if (version !== AZURE_VERSION) {
      const seen = version === undefined ? 'is not installed' : `is ${version}, which annotel was not made for`;
      findings.push(
        problem(
          `APPLICATIONINSIGHTS_CONNECTION_STRING is set, but ${AZURE} ${seen}`,
          `npm install --save-exact ${AZURE}@${AZURE_VERSION}`,
        ),
      );
    }
  }
  const wanted = ['container', 'aws', 'azure', 'gcp']
    .filter((name) => options.resource.detectors.some((detector) => detector === name))
    .map((name) => `@opentelemetry/resource-detector-${name}`);
  if (env.text('ANNOTEL_ESTIMATE_TOKENS')?.toLowerCase() === 'true') wanted.push('gpt-tokenizer');
  for (const name of wanted) {
    if (versionOf(folder, name) === undefined) {
      findings.push(problem(`${name} is asked for, but is not installed`, `npm install ${name}`));
    }
  }
  return findings.length > 0 ? findings : [ok('whatever the configuration needs is installed')];
};
