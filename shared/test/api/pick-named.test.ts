import { pickNamed } from '@cordon/shared/api'
import { Type } from '@cordon/shared/schema'
import t from 'tap'

const APP = Type.Object({ id: Type.String(), port: Type.Optional(Type.Integer()) })

t.test('an answer holds what its contract names, and nothing else', async t => {
  t.strictSame(pickNamed(APP, { id: 'mail', port: 1, secret: 'x' }), { id: 'mail', port: 1 })
  t.strictSame(pickNamed(APP, { id: 'mail' }), { id: 'mail' })
  t.strictSame(pickNamed(Type.Array(APP), [{ id: 'mail', secret: 'x' }]), [{ id: 'mail' }])
  t.strictSame(pickNamed(Type.Object({ app: APP }), { app: { id: 'mail', secret: 'x' } }), { app: { id: 'mail' } })
})

t.test('of a map, the keys that its contract allows', async t => {
  const map = Type.Record(Type.String({ pattern: '^[a-z]+$' }), APP)
  t.strictSame(pickNamed(map, { one: { id: 'a', secret: 'x' }, TWO: { id: 'b' } }), { one: { id: 'a' } })
})

t.test('of several shapes, the one that fits', async t => {
  const either = Type.Union([Type.Null(), APP, Type.Object({ code: Type.Integer() })])
  t.equal(pickNamed(either, null), null)
  t.strictSame(pickNamed(either, { code: 1, secret: 'x' }), { code: 1 })
  t.throws(() => pickNamed(either, { other: 1 }), /none of those that its contract names/)
})

t.test('a name that every object inherits is no name of the contract', async t => {
  t.strictSame(pickNamed(APP, { id: 'a', constructor: 'x', toString: 'y' }), { id: 'a' })
})

t.test('a value that is none of the shapes is left to whoever writes it', async t => {
  t.equal(pickNamed(Type.String(), 'text'), 'text')
  t.strictSame(pickNamed({}, { any: 1 }), { any: 1 })
})
