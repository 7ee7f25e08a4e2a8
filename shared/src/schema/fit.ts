import { Check, Errors } from 'typebox/schema'
import { Settings } from 'typebox/system'
import type { Static, TSchema } from './type.ts'

// A person mends a file once, not eight mistakes at a time (typebox stops at eight by itself).
Settings.Set({ maxErrors: 1000 })

/** One place where a value departs from its schema. */
export interface Mistake {
  /** RFC 6901. */
  readonly pointer: string
  /** The word of the schema that it breaks. */
  readonly keyword: string
  /** What is not there, where the word is `required`. */
  readonly missing: readonly string[]
  /** In words, without what was found. */
  readonly says: string
}

/** Report whether a value is what its schema says. */
export const fits = <Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> =>
  Check(schema, value)

/** List where a value departs from its schema, at most a thousand places. */
export function listMistakes(schema: TSchema, value: unknown): readonly Mistake[] {
  const [, errors] = Errors(schema, value)
  return errors.map(({ keyword, instancePath, params, message }) => ({
    pointer: instancePath,
    keyword,
    missing: 'requiredProperties' in params ? params.requiredProperties : [],
    says: message,
  }))
}
