import type * as typebox from 'typebox'

export type { Static, TSchema } from 'typebox'

/** What of typebox's builders is used here. Each makes the same JSON Schema as typebox's does. */
type Builders = Pick<
  typeof typebox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
>

type Json = Readonly<Record<string, unknown>>

/** The schemas that an object need not have, each made by {@link Builders.Optional}. */
const optional = new WeakSet<Json>()

const plain =
  (shape: Json) =>
  (options: Json = {}): Json => ({ ...shape, ...options })

const builders = {
  Array: (items: Json, options: Json = {}) => ({ type: 'array', items, ...options }),
  Boolean: plain({ type: 'boolean' }),
  Enum: (values: readonly unknown[], options: Json = {}) => ({ enum: values, ...options }),
  Integer: plain({ type: 'integer' }),
  Literal: (value: unknown, options: Json = {}) => ({ type: typeof value, const: value, ...options }),
  Null: plain({ type: 'null' }),
  Number: plain({ type: 'number' }),
  Object: (properties: Readonly<Record<string, Json>>, options: Json = {}) => {
    const required = Object.keys(properties).filter(key => !isOptional(properties[key]))
    return { type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...options }
  },
  Optional: (schema: Json) => {
    const marked = { ...schema }
    optional.add(marked)
    return marked
  },
  Record: ({ pattern = '^.*$' }: { readonly pattern?: string }, values: Json, options: Json = {}) => ({
    type: 'object',
    patternProperties: { [pattern]: values },
    ...options,
  }),
  String: plain({ type: 'string' }),
  Union: (anyOf: readonly Json[], options: Json = {}) => ({ anyOf, ...options }),
}

const isOptional = (schema: Json | undefined): boolean => schema !== undefined && optional.has(schema)

/**
 * Builders of schemas, by the names and with the types of typebox.
 *
 * The values are made here: typebox reads 480 files to make them, an eighth of a second of processor time in each
 * process that starts, most of it for a language of types that nothing here is written in.
 */
export const Type = builders as unknown as Builders
