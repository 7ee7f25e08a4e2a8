import {
  COMMAND_CODES,
  decodeMethodSelection,
  decodeReply,
  encodeGreeting,
  encodeReply,
  encodeRequest,
  explainReplyCode,
  METHOD,
  nearestRfc1928,
  parseTarget,
  REPLY,
} from '@cordon/shared/socks'
import t from 'tap'
import { assertDecodes, hex } from '../bytes.ts'

t.test('a method selection is decoded', async t => {
  assertDecodes(t, decodeMethodSelection, hex('05 02'), METHOD.userPassword)
  assertDecodes(t, decodeMethodSelection, hex('05 ff'), METHOD.noneAcceptable)
  t.match(decodeMethodSelection(hex('04')), { type: 'malformed', why: 'version' })
})

t.test('a greeting offers one method, and a request names its command', async t => {
  t.same(encodeGreeting(METHOD.userPassword), hex('05 01 02'))
  const endpoint = { target: parseTarget('example.com'), port: 443 }
  t.same(encodeRequest('connect', endpoint), hex('05 01 00 03 0b 6578616d706c652e636f6d 01bb'))
  t.same(encodeRequest('resolve', endpoint), hex('05 f0 00 03 0b 6578616d706c652e636f6d 01bb'))
  t.same(encodeRequest('resolve-ptr', { target: parseTarget('192.0.2.1'), port: 0 }), hex('05 f1 00 01 c0000201 0000'))
  t.same(Object.values(COMMAND_CODES), [1, 0xf0, 0xf1, 0xf2])
})

// Captured from tor 0.4.9.11: success over an AF_UNIX SocksPort, and a failed RESOLVE with address type 0.
t.test('a reply is decoded, and a refusal before its address', async t => {
  const bound = { target: parseTarget('0.0.0.0'), port: 0 }
  assertDecodes(t, decodeReply, hex('05 00 00 01 00000000 0000'), { type: 'succeeded', bound })
  const name = { target: parseTarget('check.example'), port: 0 }
  assertDecodes(t, decodeReply, hex('05 00 00 03 0d 636865636b2e6578616d706c65 0000'), {
    type: 'succeeded',
    bound: name,
  })
  assertDecodes(t, decodeReply, hex('05 04 00'), { type: 'refused', code: 4 })
  t.same(decodeReply(hex('05 04 00 00')), { type: 'decoded', value: { type: 'refused', code: 4 }, consumed: 3 })
})

t.test('SOC-10: rogue replies of tor are malformed', async t => {
  t.match(decodeReply(hex('06')), { type: 'malformed', why: 'version' })
  t.match(decodeReply(hex('05 00 01')), { type: 'malformed', why: 'reserved' })
  t.match(decodeReply(hex('05 01 ff')), { type: 'malformed', why: 'reserved' })
  t.match(decodeReply(hex('05 00 00 02')), { type: 'malformed', why: 'address type' })
  t.match(decodeReply(hex('05 00 00 03 00')), { type: 'malformed', why: 'empty name' })
})

t.test('a reply is encoded in full length, also a refusal', async t => {
  t.same(encodeReply(REPLY.notAllowed), hex('05 02 00 01 00000000 0000'))
  t.same(
    encodeReply(REPLY.succeeded, { target: parseTarget('::1'), port: 9 }),
    hex(`05 00 00 04 ${'00'.repeat(15)}01 0009`),
  )
})

t.test('every code of RFC 1928 is its own nearest, and every other code has one', async t => {
  for (let code = 0; code <= 0xff; code++) {
    const meaning = explainReplyCode(code)
    if (code <= 8) t.equal(nearestRfc1928(code), code)
    t.ok(nearestRfc1928(code) <= 8)
    t.equal(nearestRfc1928(code) === REPLY.succeeded, code === 0, 'no failure becomes a success')
    t.equal(meaning.type === 'known' && meaning.extended, code >= 0xf0 && code <= 0xf7)
    t.equal(meaning.type === 'unknown', (code > 8 && code < 0xf0) || code > 0xf7)
  }
  t.same(explainReplyCode(0xf6), { type: 'known', name: 'onionBadAddress', extended: true })
  t.equal(nearestRfc1928(REPLY.onionMissingClientAuthorization), REPLY.notAllowed)
  t.equal(nearestRfc1928(REPLY.onionIntroductionTimedOut), REPLY.ttlExpired)
  t.equal(nearestRfc1928(0x42), REPLY.generalFailure)
})
