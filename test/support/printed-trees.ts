/** A trace as a program printed it on its console. */
export interface PrintedTree {
  readonly traceId: string;
  /** The names only, with the lines that join them: the same for each run. */
  readonly shape: string;
  /** Everything that was printed. */
  readonly text: string;
}

/** The trace trees in what a program printed, in order. */
export function printedTrees(output: string): PrintedTree[] {
  return [...output.matchAll(/^trace ([0-9a-f]{32})\n(.+(?:\n[ └├│].*)*)/gm)].map(([, traceId = '', text = '']) => {
    const names = text.split('\n').map((line) => line.replace(/(\w) {2}.*/, '$1'));
    return { traceId, shape: names.join('\n'), text };
  });
}
