import { AZURE_PACKAGE } from '../../../sdk/azure/package.js';
import { DETECTOR_PACKAGES } from '../../../sdk/resource.js';
import { versionOf } from '../app-manifest.js';
import { type Check, type Finding, ok, problem } from '../finding.js';

/** Packages that the configuration needs and annotel does not bring along. */
export const optionalPackages: Check = ({ folder, options, env }) => {
  const findings: Finding[] = [];
  if (options.azureConnectionString !== undefined) {
    const { name, version, install } = AZURE_PACKAGE;
    const found = versionOf(folder, name);
    if (found !== version) {
      const seen = found === undefined ? 'is not installed' : `is ${found}, which annotel was not made for`;
      findings.push(problem(`APPLICATIONINSIGHTS_CONNECTION_STRING is set, but ${name} ${seen}`, install));
    }
  }
  const wanted = options.resource.detectors.flatMap((detector) => DETECTOR_PACKAGES[detector] ?? []);
  if (env.text('ANNOTEL_ESTIMATE_TOKENS')?.toLowerCase() === 'true') wanted.push('gpt-tokenizer');
  for (const name of wanted) {
    if (versionOf(folder, name) === undefined) {
      findings.push(problem(`${name} is asked for, but is not installed`, `npm install ${name}`));
    }
  }
  return findings.length > 0 ? findings : [ok('whatever the configuration needs is installed')];
};
