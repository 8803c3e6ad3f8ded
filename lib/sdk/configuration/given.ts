/** Without the fields that are `undefined`, which say nothing, and would be taken for a choice. */
export function given<T extends object>(all: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}
