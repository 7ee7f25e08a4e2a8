/** The three outcomes of decoding the front of a byte string. Needing more bytes is a value, not a failure. */
export type Decoded<T> =
  | Incomplete
  | Malformed
  | { readonly type: 'decoded'; readonly value: T; readonly consumed: number }

/** The bytes are the start of something valid. `need` is the least number of further bytes. */
export interface Incomplete {
  readonly type: 'incomplete'
  readonly need: number
}

/** No further bytes can make this valid. `why` names the field, never the content. */
export interface Malformed {
  readonly type: 'malformed'
  readonly why: string
}

/** Build the outcome "at least `need` more bytes". */
export const incomplete = (need: number): Incomplete => ({ type: 'incomplete', need })

/** Build the outcome "never valid". */
export const malformed = (why: string): Malformed => ({ type: 'malformed', why })

/** Build the outcome "decoded", with the number of bytes that belong to `value`. */
export const decoded = <T>(value: T, consumed: number): Decoded<T> => ({ type: 'decoded', value, consumed })
