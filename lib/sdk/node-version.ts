/** The oldest Node that annotel and the OpenTelemetry SDK work with. */
export const LEAST_NODE = '22.15';

/** Whether a version of Node, that of this process, is older: there they may work by chance. */
export function nodeIsTooOld(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}
