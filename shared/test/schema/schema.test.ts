import { fits, listMistakes, Type } from '@cordon/shared/schema'
import t from 'tap'
import Typebox from 'typebox'

/** One schema of every kind and option in use, by whichever builders are given. */
const describeAll = (build: Pick<typeof Typebox, keyof typeof Type>) => ({
  words: build.Object(
    {
      name: build.String({ pattern: '^[a-z]+$', minLength: 1, maxLength: 5, description: 'a word' }),
      count: build.Optional(build.Integer({ minimum: 0, maximum: 9 })),
      share: build.Optional(build.Number({ exclusiveMinimum: 0 })),
      isOpen: build.Optional(build.Boolean()),
    },
    { additionalProperties: false, description: 'a map' },
  ),
  nothingRequired: build.Object({ one: build.Optional(build.Null()) }),
  empty: build.Object({}),
  choice: build.Union([build.Literal('a'), build.Literal(1), build.Literal(true), build.Null()], { description: 'x' }),
  list: build.Array(build.Enum(['x', 'y']), { minItems: 1, maxItems: 2, uniqueItems: true }),
  table: build.Record(build.String({ pattern: '^[a-z]$' }), build.Integer(), { additionalProperties: false }),
  freeTable: build.Record(build.String(), build.String()),
})

t.test('builders make what those of typebox make', async t => {
  // Typebox marks its own with keys that are not enumerable; what is written down is all that counts.
  const written = (schemas: object): unknown => JSON.parse(JSON.stringify(schemas))
  t.strictSame(written(describeAll(Type)), written(describeAll(Typebox)))
})

t.test('a schema is made for one use: that it is optional elsewhere does not show', async t => {
  const name = Type.String()
  const both = Type.Object({ here: Type.Optional(name), there: name })
  t.strictSame(both.required, ['there'])
  t.notOk(fits(both, {}))
  t.ok(fits(both, { there: '' }))
})

t.test('a value fits its schema, or each place where it does not is named', async t => {
  const { words, table } = describeAll(Type)
  t.ok(fits(words, { name: 'abc', count: 9 }))
  t.ok(fits(table, { a: 1 }))
  t.notOk(fits(table, { long: 1 }))
  const value = { name: 'ABC', count: 10, more: 1 }
  t.notOk(fits(words, value))
  const mistakes = listMistakes(words, value).map(({ keyword, pointer }) => `${keyword} ${pointer}`)
  t.strictSame(
    new Set(mistakes),
    new Set(['pattern /name', 'maximum /count', 'additionalProperties ', 'boolean /more']),
  )
  t.match(listMistakes(words, {}), [{ keyword: 'required', pointer: '', missing: ['name'], says: String }])
  t.strictSame(listMistakes(words, { name: 'abc' }), [])
})

t.test('more than eight mistakes are all named', async t => {
  const numbers = Type.Array(Type.Number())
  t.equal(listMistakes(numbers, Array(20).fill('x')).length, 20)
})
