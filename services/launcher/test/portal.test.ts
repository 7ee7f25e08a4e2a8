import { encodeGreeting, METHOD, openHandshake, parseTarget } from '@cordon/shared/socks'
import t from 'tap'
import { choosePassingUid, formatPortalWarning, formatRemaining, readOutsideServers } from '../src/lockdown/portal.ts'
import { decodePortalGreeting, decodePortalRequest } from '../src/lockdown/portal-request.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
/** RFC 1928 section 4: version, CONNECT, reserved, address type, address, port. */
const TO_IPV4 = bytes('05 01 00 01 cb007150 0050')
const TO_IPV6 = bytes('05 01 00 04 20010db8008000000000000000000080 01bb')

t.test('a greeting cut at any byte asks for more, and must offer no authentication', async t => {
  const greeting = bytes('05 02 02 00')
  for (let cut = 0; cut < greeting.length; cut++)
    t.equal(decodePortalGreeting(greeting.subarray(0, cut)).type, 'incomplete', `${cut}`)
  t.match(
    decodePortalGreeting(Buffer.concat([greeting, TO_IPV4])),
    { type: 'decoded', consumed: 4 },
    'what follows is kept',
  )
  t.match(decodePortalGreeting(encodeGreeting(METHOD.none)), { type: 'decoded', consumed: 3 })
  for (const wrong of ['04 01 00', '05 00', '05 01 02', '47 45 54'])
    t.equal(decodePortalGreeting(bytes(wrong)).type, 'malformed', wrong)
})

t.test('a request cut at any byte asks for more; it is to an address, of either family', async t => {
  for (const request of [TO_IPV4, TO_IPV6]) {
    for (let cut = 0; cut < request.length; cut++)
      t.equal(decodePortalRequest(request.subarray(0, cut)).type, 'incomplete', `${cut}`)
  }
  t.match(decodePortalRequest(TO_IPV4), { value: { address: '203.0.113.80', port: 80 }, consumed: 10 })
  t.match(decodePortalRequest(Buffer.concat([TO_IPV6, TO_IPV4])), {
    value: { address: '2001:db8:80::80', port: 443 },
    consumed: 22,
  })
  const name = bytes('05 01 00 03 01 61 0050')
  for (const wrong of ['04 01', '05 02', '05 03', '05 f0', '05 01 00 05', '05 01 00 03 00'])
    t.equal(decodePortalRequest(bytes(wrong)).type, 'malformed', wrong)
  t.equal(decodePortalRequest(name).type, 'malformed', 'names are for the network’s server')
})

t.test('what the launcher says to a gateway is what the relay reads', async t => {
  const handshake = openHandshake({ command: 'connect', target: parseTarget('203.0.113.80'), port: 80 })
  const first = handshake.next()
  t.match(first, { type: 'send' })
  if (first.type !== 'send') return
  const greeting = decodePortalGreeting(first.bytes)
  t.equal(greeting.type, 'decoded')
  handshake.push(Buffer.of(5, METHOD.none))
  let sent = first.bytes.subarray(greeting.type === 'decoded' ? greeting.consumed : 0)
  for (let step = handshake.next(); step.type === 'send'; step = handshake.next())
    sent = Buffer.concat([sent, step.bytes])
  t.match(decodePortalRequest(sent), { value: { address: '203.0.113.80', port: 80 } })
})

t.test('the servers of a network are those beyond this machine', async t => {
  const text =
    '# nameserver 192.0.2.9\nnameserver 127.0.0.53\n nameserver 192.0.2.1\nnameserver ::1\nnameserver 2001:db8::1\nnameserver x\n'
  t.same(readOutsideServers(text), ['192.0.2.1', '2001:db8::1'])
  t.same(readOutsideServers(''), [])
})

t.test('a user number is chosen that nobody has', async t => {
  t.equal(choosePassingUid(new Set([0, 1000])), 99_999)
  t.equal(choosePassingUid(new Set([99_999, 99_998])), 99_997)
  t.equal(choosePassingUid(new Set(Array.from({ length: 100_000 }, (_, uid) => uid))), undefined)
})

t.test('a person reads what is given up, and what is left', async t => {
  t.match(formatPortalWarning(1), /For 1 minute,.*WITHOUT TOR/)
  t.match(formatPortalWarning(5), /For 5 minutes,/)
  t.match(formatRemaining(299), /^4:59 left/)
  t.match(formatRemaining(5), /^0:05 left/)
})
