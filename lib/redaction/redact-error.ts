/**
 * An error's message or stack as it may leave the process.
 *
 * @param _given what the failed call was given
 */
export function redactError(text: string, _given: readonly unknown[]): string {
  return text;
}
