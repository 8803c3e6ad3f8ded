/** The oldest Node that annotel and the OpenTelemetry SDK work with. */
export const LEAST_NODE = '22.15';

/** Whether the process runs on an older one, where they may work by chance. */
export function nodeIsTooOld(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}
