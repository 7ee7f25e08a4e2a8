import { inspect } from 'node:util'

/** A value that must not be written anywhere: destination, credential, onion address, circuit path. */
export interface Sensitive<T> {
  /** Take the value out, for the one use it exists for. */
  reveal(): T
}

const SCRUBBED = '[scrubbed]'

/**
 * Wrap a value at the moment it is decoded.
 *
 * String conversion, JSON and inspection all print `[scrubbed]`, so a wrapped value that reaches a log says nothing.
 */
export function sensitive<T>(value: T): Sensitive<T> {
  return {
    reveal: () => value,
    toString: () => SCRUBBED,
    toJSON: () => SCRUBBED,
    [inspect.custom]: () => SCRUBBED,
  } as Sensitive<T>
}
