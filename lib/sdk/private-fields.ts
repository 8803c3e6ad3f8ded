/**
 * Adds the private fields of a class that extends this one to an object that exists already. Nobody else sees them, and unlike
 * an entry of a WeakMap, which costs some microseconds of garbage collection, they are found and forgotten like any property.
 */
export class PrivateFields {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is how a class gives its private fields to another object
    return object;
  }
}
