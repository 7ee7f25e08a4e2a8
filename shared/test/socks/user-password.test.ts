import {
  decodeUserPassword,
  decodeUserPasswordAnswer,
  encodeUserPassword,
  encodeUserPasswordAnswer,
} from '@cordon/shared/socks'
import fc from 'fast-check'
import t from 'tap'
import { assertDecodes, hex, latin1 } from '../bytes.ts'
import { FUZZ_SEED } from '../fuzz.ts'

// RFC 1929 section 2: VER ULEN UNAME PLEN PASSWD.
t.test('user name and password are decoded, empty ones too', async t => {
  const both = { user: latin1('user'), password: latin1('pass') }
  assertDecodes(t, decodeUserPassword, hex('01 04 75736572 04 70617373'), both)
  assertDecodes(t, decodeUserPassword, hex('01 00 00'), { user: hex(''), password: hex('') })
  assertDecodes(t, decodeUserPassword, hex('01 01 00 01 ff'), { user: hex('00'), password: hex('ff') })
  t.match(decodeUserPassword(hex('05')), { type: 'malformed', why: 'version' })
})

t.test('what is decoded does not change with the bytes it came from', async t => {
  const message = hex('01 01 41 01 42')
  const found = decodeUserPassword(message)
  message.fill(0)
  t.match(found, { value: { user: latin1('A'), password: latin1('B') } })
})

t.test('the answer says yes with zero and no with anything else', async t => {
  assertDecodes(t, decodeUserPasswordAnswer, hex('01 00'), true)
  assertDecodes(t, decodeUserPasswordAnswer, hex('01 01'), false)
  assertDecodes(t, decodeUserPasswordAnswer, hex('01 ff'), false)
  t.match(decodeUserPasswordAnswer(hex('05')), { type: 'malformed', why: 'version' })
  t.same(encodeUserPasswordAnswer(true), hex('01 00'))
  t.same(encodeUserPasswordAnswer(false), hex('01 01'))
})

t.test('the message is encoded as it is decoded, and never with a wrong length', async t => {
  const part = fc.uint8Array({ maxLength: 255 })
  fc.assert(
    fc.property(part, part, (user, password) => {
      const bytes = encodeUserPassword({ user, password })
      t.same(decodeUserPassword(bytes), { type: 'decoded', value: { user, password }, consumed: bytes.length })
    }),
    { seed: FUZZ_SEED, numRuns: 200 },
  )
  const long = new Uint8Array(256)
  t.throws(() => encodeUserPassword({ user: long, password: hex('') }), { name: 'InternalError' })
  t.throws(() => encodeUserPassword({ user: hex(''), password: long }), { name: 'InternalError' })
})
