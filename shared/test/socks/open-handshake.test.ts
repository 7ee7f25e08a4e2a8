import {
  decodeUserPassword,
  encodeReply,
  type Handshake,
  type HandshakeOutcome,
  openHandshake,
  parseTarget,
} from '@cordon/shared/socks'
import t from 'tap'
import { chunksOf, hex, join, latin1 } from '../bytes.ts'

const request = {
  command: 'connect',
  target: parseTarget('example.com'),
  port: 443,
  credentials: { user: latin1('tag'), password: latin1('key') },
} as const
const OPENING = hex('01 03 746167 03 6b6579 05 01 00 03 0b 6578616d706c652e636f6d 01bb')

/** Play a server that answers each write with the next of `answers`, in chunks, and then closes. */
function play(handshake: Handshake<HandshakeOutcome>, answers: readonly Uint8Array[], chunk = 1000) {
  const sent: Uint8Array[] = []
  const unread: Uint8Array[] = []
  for (;;) {
    const step = handshake.next()
    if (step.type === 'finished') return { sent, outcome: step.outcome, readAhead: join(step.readAhead, ...unread) }
    if (step.type === 'send') {
      sent.push(Uint8Array.from(step.bytes))
      unread.push(...chunksOf(answers[sent.length - 1] ?? hex(''), chunk))
    } else {
      const bytes = unread.shift()
      if (bytes === undefined) handshake.end()
      else handshake.push(bytes)
    }
  }
}

t.test('the greeting goes alone, then credentials and request in one write', async t => {
  const { sent, outcome } = play(openHandshake(request), [hex('05 02'), hex('01 00 05 00 00 01 00000000 0000')])
  t.same(sent, [hex('05 01 02'), OPENING])
  t.same(outcome, { type: 'connected', bound: { target: { type: 'ipv4', address: '0.0.0.0' }, port: 0 } })
  t.match(decodeUserPassword(OPENING), { type: 'decoded', value: request.credentials })
})

t.test('what the far end says at once is read ahead and never lost, however the bytes are cut', async t => {
  const early = latin1('220 mail.example ESMTP\r\n'.repeat(20))
  const reply = join(hex('01 00'), encodeReply(0, { target: parseTarget('2001:db8::1'), port: 25 }), early)
  for (const chunk of [1, 2, 3, 7, 100, 10_000]) {
    const { outcome, readAhead } = play(openHandshake(request), [hex('05 02'), reply], chunk)
    t.match(outcome, { type: 'connected', bound: { target: { address: '2001:db8::1' }, port: 25 } })
    t.same(readAhead, early, `chunks of ${chunk}`)
  }
})

t.test('where it is said, all goes in one write, and answers are taken however they are cut', async t => {
  const said = join(hex('05 02 01 00'), encodeReply(0, { target: parseTarget('192.0.2.1'), port: 25 }), latin1('early'))
  for (const chunk of [1, 2, 3, 1000]) {
    const { sent, outcome, readAhead } = play(openHandshake({ ...request, atOnce: true }), [said], chunk)
    t.same(sent, [join(hex('05 01 02'), OPENING)])
    t.match(outcome, { type: 'connected', bound: { port: 25 } }, `chunks of ${chunk}`)
    t.same(readAhead, latin1('early'))
  }
  const plain = { ...request, command: 'resolve', credentials: undefined, atOnce: true } as const
  const found = join(hex('05 00'), encodeReply(0, { target: parseTarget('192.0.2.1'), port: 0 }))
  t.match(play(openHandshake(plain), [found]).outcome, { type: 'resolved', target: { address: '192.0.2.1' } })
  t.match(play(openHandshake(plain), [hex('05 ff')]).outcome, { type: 'unauthenticated' })
})

t.test('without credentials only "no authentication" is offered and taken', async t => {
  const { sent, outcome } = play(openHandshake({ ...request, credentials: undefined }), [
    hex('05 00'),
    hex('05 00 00 01 00000000 0000'),
  ])
  t.same(sent, [hex('05 01 00'), OPENING.subarray(9)])
  t.match(outcome, { type: 'connected' })
  const downgraded = play(openHandshake({ ...request, credentials: undefined }), [hex('05 02')])
  t.same(downgraded.outcome, { type: 'unauthenticated', why: 'method' })
})

t.test('names are resolved both ways', async t => {
  const resolve = play(openHandshake({ ...request, command: 'resolve' }), [
    hex('05 02'),
    hex('01 00 05 00 00 01 c6120050 0000'),
  ])
  t.same(resolve.outcome, { type: 'resolved', target: { type: 'ipv4', address: '198.18.0.80' } })
  const reverse = openHandshake({ ...request, command: 'resolve-ptr', target: parseTarget('198.18.0.80') })
  const named = play(reverse, [hex('05 02'), hex('01 00 05 00 00 03 01 61 0000')])
  t.same(named.outcome, { type: 'resolved', target: { type: 'name', name: 'a' } })
})

t.test('SOC-10: whatever tor answers, the outcome is defined', async t => {
  const cases: readonly (readonly [string, string, string, object])[] = [
    ['no method', '05 ff', '', { type: 'unauthenticated', why: 'method' }],
    ['another method', '05 00', '', { type: 'unauthenticated', why: 'method' }],
    ['version 06 of the method', '06 02', '', { type: 'malformed', why: 'version' }],
    ['short method', '05', '', { type: 'malformed', why: 'cut short' }],
    ['nothing at all', '', '', { type: 'closed' }],
    ['credentials refused', '05 02', '01 01', { type: 'unauthenticated', why: 'credentials' }],
    ['version of the answer', '05 02', '05 00', { type: 'malformed', why: 'version' }],
    ['closed before the reply', '05 02', '01 00', { type: 'closed' }],
    ['short reply', '05 02', '01 00 05 00', { type: 'malformed', why: 'cut short' }],
    ['version 06 of the reply', '05 02', '01 00 06 00', { type: 'malformed', why: 'version' }],
    ['RSV set', '05 02', '01 00 05 00 07', { type: 'malformed', why: 'reserved' }],
    ['truncated address', '05 02', '01 00 05 00 00 04 20010db8', { type: 'malformed', why: 'cut short' }],
    ['unknown address type', '05 02', '01 00 05 00 00 09', { type: 'malformed', why: 'address type' }],
    ['a failed RESOLVE with address type 0', '05 02', '01 00 05 04 00 00', { type: 'refused', code: 4 }],
    ['an extended error', '05 02', '01 00 05 f6 00 01 00000000 0000', { type: 'refused', code: 0xf6 }],
    ['an unknown code', '05 02', '01 00 05 42 00', { type: 'refused', code: 0x42 }],
  ]
  for (const [name, method, rest, wanted] of cases) {
    for (const chunk of [1, 100]) {
      const { outcome, readAhead } = play(openHandshake(request), [hex(method), hex(rest)], chunk)
      t.match(outcome, wanted, name)
      if (chunk === 100) t.same(readAhead, hex(''), `${name}: what follows a failure means nothing`)
    }
  }
})

t.test('a finished handshake stays finished and keeps what still comes', async t => {
  const handshake = openHandshake({ ...request, credentials: undefined })
  play(handshake, [hex('05 00'), hex('05 00 00 01 00000000 0000')])
  handshake.push(latin1('late'))
  handshake.end()
  t.match(handshake.next(), { type: 'finished', outcome: { type: 'connected' }, readAhead: latin1('late') })
})

t.test('a server that answers before it is asked gains nothing', async t => {
  const all = hex('05 02 01 00 05 00 00 01 00000000 0000')
  const handshake = openHandshake(request)
  handshake.push(all)
  const { sent, outcome } = play(handshake, [])
  t.same(sent, [hex('05 01 02')])
  t.match(outcome, { type: 'malformed', why: 'cut short' })
})

t.test('a target that cannot be encoded is our bug, before anything is sent', async t => {
  const target = { type: 'name', name: 'a'.repeat(256) } as const
  t.throws(() => openHandshake({ ...request, target }), { name: 'InternalError' })
})
