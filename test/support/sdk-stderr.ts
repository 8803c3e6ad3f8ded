import { jest } from '@jest/globals';

const OF_NODE = /ExperimentalWarning|--trace-warnings/;

/** What annotel says on stderr from now on, line by line, until `jest.restoreAllMocks()`. */
export function listen(): string[] {
  const lines: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(
      ...String(text)
        .split('\n')
        .filter((line) => line !== '' && !OF_NODE.test(line)),
    );
    return true;
  });
  return lines;
}
