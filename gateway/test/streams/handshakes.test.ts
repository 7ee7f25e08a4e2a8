import { encodeGreeting, encodeRequest, encodeUserPassword, parseTarget, type SocksCommand } from '@cordon/shared/socks'
import fc from 'fast-check'
import t from 'tap'
import { Socks5Handshake } from '../../src/edge/socks5-handshake.ts'
import { type AppHandshake, type HandshakeStep, HttpHandshake, Socks4Handshake } from '../../src/streams/index.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const latin = (text: string): Buffer => Buffer.from(text, 'latin1')
const NO_AUTH = encodeGreeting(0)
const request = (command: SocksCommand, host: string, port = 80): Uint8Array =>
  encodeRequest(command, { target: parseTarget(host), port })
const credentials = (user: string, password: string): Uint8Array =>
  encodeUserPassword({ user: latin(user), password: latin(password) })

/** Feed `bytes` in chunks of `size`, as an app would, and collect all that is said. */
function feed(
  handshake: AppHandshake,
  bytes: Uint8Array,
  size: number,
): { last: HandshakeStep; sent: string; used: number } {
  const sent: Uint8Array[] = []
  let last: HandshakeStep = { type: 'more' }
  let used = 0
  while (used < bytes.length && last.type === 'more') {
    const chunk = bytes.subarray(used, used + size)
    used += chunk.length
    last = handshake.push(chunk)
    if (last.send !== undefined) sent.push(last.send)
  }
  return { last, sent: Buffer.concat(sent).toString('hex'), used }
}

const make = {
  socks5: () => new Socks5Handshake({ extendedErrors: false }),
  socks4: () => new Socks4Handshake(),
  http: () => new HttpHandshake(),
}

/** The canonical messages of SOC-02: what an app sends, what it is told before tor is asked, and what it asked for. */
const MESSAGES: readonly { name: string; make: () => AppHandshake; bytes: Uint8Array; sent: string; asks: object }[] = [
  {
    name: 'SOCKS5 name',
    make: make.socks5,
    bytes: Buffer.concat([NO_AUTH, request('connect', 'check.example')]),
    sent: '0500',
    asks: { command: 'connect', target: { type: 'name', name: 'check.example' }, port: 80, credentials: undefined },
  },
  {
    name: 'SOCKS5 IPv4',
    make: make.socks5,
    bytes: Buffer.concat([NO_AUTH, request('connect', '198.18.0.80', 65535)]),
    sent: '0500',
    asks: { target: { type: 'ipv4', address: '198.18.0.80' }, port: 65535 },
  },
  {
    name: 'SOCKS5 IPv6',
    make: make.socks5,
    bytes: Buffer.concat([NO_AUTH, request('connect', '2001:db8::1')]),
    sent: '0500',
    asks: { target: { type: 'ipv6', address: '2001:db8::1' } },
  },
  {
    name: 'SOCKS5 RESOLVE',
    make: make.socks5,
    bytes: Buffer.concat([NO_AUTH, request('resolve', 'check.example')]),
    sent: '0500',
    asks: { command: 'resolve' },
  },
  {
    name: 'SOCKS5 RESOLVE_PTR',
    make: make.socks5,
    bytes: Buffer.concat([NO_AUTH, request('resolve-ptr', '198.18.0.80')]),
    sent: '0500',
    asks: { command: 'resolve-ptr' },
  },
  {
    name: 'SOCKS5 user and password',
    make: make.socks5,
    bytes: Buffer.concat([encodeGreeting(2), credentials('u', 'p'), request('connect', 'a.example')]),
    sent: '05020100',
    asks: { credentials: { scheme: 'socks5', parts: [latin('u'), latin('p')] } },
  },
  {
    name: 'SOCKS5 empty user and password',
    make: make.socks5,
    bytes: Buffer.concat([encodeGreeting(2), credentials('', ''), request('connect', 'a.example')]),
    sent: '05020100',
    asks: { credentials: { scheme: 'socks5', parts: [latin(''), latin('')] } },
  },
  {
    name: 'SOCKS5 longest user and password',
    make: make.socks5,
    bytes: Buffer.concat([
      encodeGreeting(2),
      credentials('u'.repeat(255), 'p'.repeat(255)),
      request('connect', 'a.example'),
    ]),
    sent: '05020100',
    asks: { command: 'connect' },
  },
  {
    name: 'SOCKS5 many methods',
    make: make.socks5,
    bytes: Buffer.concat([hex('05 04 80 01 00 02'), credentials('u', 'p'), request('connect', 'a.example')]),
    sent: '05020100',
    asks: { command: 'connect' },
  },
  {
    name: 'SOCKS4',
    make: make.socks4,
    bytes: Buffer.concat([hex('04 01 0050 c6120050'), latin('me\0')]),
    sent: '',
    asks: { target: { type: 'ipv4', address: '198.18.0.80' }, credentials: { scheme: 'socks4', parts: [latin('me')] } },
  },
  {
    name: 'SOCKS4a',
    make: make.socks4,
    bytes: Buffer.concat([hex('04 01 0050 00000001'), latin('\0check.example\0')]),
    sent: '',
    asks: { target: { type: 'name', name: 'check.example' }, credentials: { scheme: 'socks4', parts: [latin('')] } },
  },
  {
    name: 'SOCKS4a RESOLVE',
    make: make.socks4,
    bytes: Buffer.concat([hex('04 f0 0000 00000001'), latin('\0check.example\0')]),
    sent: '',
    asks: { command: 'resolve' },
  },
  {
    name: 'CONNECT',
    make: make.http,
    bytes: latin('CONNECT check.example:443 HTTP/1.1\r\nHost: check.example:443\r\n\r\n'),
    sent: '',
    asks: { command: 'connect', target: { type: 'name', name: 'check.example' }, port: 443, credentials: undefined },
  },
  {
    name: 'CONNECT with credentials',
    make: make.http,
    bytes: latin(
      'CONNECT [2001:db8::1]:443 HTTP/1.1\r\nProxy-Authorization: Basic dTpw\r\nX-Tor-Stream-Isolation: x\r\n\r\n',
    ),
    sent: '',
    asks: {
      target: { type: 'ipv6' },
      credentials: { scheme: 'http', parts: [latin('u'), latin('p'), undefined, latin('x')] },
    },
  },
]

t.test(
  'SOC-02, SOC-03 every message gives the same in one write, byte by byte and cut anywhere, and keeps what follows',
  async t => {
    for (const { name, make, bytes, sent, asks } of MESSAGES) {
      const data = latin('first data')
      for (const size of [1, 3, 100, bytes.length, bytes.length + data.length]) {
        const whole = Buffer.concat([bytes, data])
        const result = feed(make(), whole, size)
        t.match(result.last, { type: 'request', request: asks }, `${name} in chunks of ${size}`)
        t.equal(result.sent, sent)
        if (result.last.type !== 'request') return
        const rest = Buffer.concat([result.last.readAhead, whole.subarray(result.used)])
        t.same(rest, data, `${name}: what follows is kept once and in order`)
      }
      for (let cut = 1; cut < bytes.length; cut++) {
        t.match(feed(make(), bytes.subarray(0, cut), cut).last, { type: 'more' }, `${name} cut at ${cut}`)
      }
    }
  },
)

t.test('SOC-04 methods that are unknown, none at all, and credentials before the greeting', async t => {
  t.same(make.socks5().push(hex('05 02 01 80')), { type: 'refused', send: hex('05 ff') })
  t.same(make.socks5().push(hex('05 00')), { type: 'refused' })
  const early = make.socks5()
  t.match(early.push(NO_AUTH), { type: 'more' })
  t.match(early.push(credentials('u', 'p')), { type: 'refused', send: hex('05 01 00 01 00000000 0000') })
  const bad = make.socks5()
  bad.push(encodeGreeting(2))
  t.same(bad.push(hex('02 01 41 01 42')), { type: 'refused' }, 'RFC 1929 has version 1')
})

t.test('SOC-05 BIND, UDP ASSOCIATE and unknown commands are answered 07, unknown address types 08', async t => {
  for (const command of [2, 3, 4, 0, 0xf3, 0xff]) {
    const bytes = Uint8Array.from(request('connect', 'a.example'))
    bytes[1] = command
    const handshake = make.socks5()
    handshake.push(NO_AUTH)
    t.match(handshake.push(bytes), { type: 'refused', send: hex('05 07 00 01 00000000 0000') }, `command ${command}`)
  }
  const handshake = make.socks5()
  handshake.push(NO_AUTH)
  t.match(handshake.push(hex('05 01 00 02')), { type: 'refused', send: hex('05 08 00 01 00000000 0000') })
  for (const command of ['02', '09']) {
    const refused = make.socks4().push(hex(`04 ${command} 0050 c6120050 00`))
    t.match(refused, { type: 'refused', send: hex('00 5b 0000 00000000') }, `SOCKS4 command ${command}`)
  }
})

t.test('SOC-06 an app that asked for extended errors hears tor’s own code, others the nearest', async t => {
  const refuse = (extendedErrors: boolean): string | undefined => {
    const step = new Socks5Handshake({ extendedErrors }).push(Buffer.concat([NO_AUTH, request('connect', 'a.example')]))
    return step.type === 'request' ? Buffer.from(step.answers.refused(0xf6)).toString('hex', 0, 2) : undefined
  }
  t.equal(refuse(true), '05f6')
  t.equal(refuse(false), '0504')
})

t.test('answers say what happened in the app’s own protocol', async t => {
  const answersOf = (handshake: AppHandshake, bytes: Uint8Array) => {
    const { last } = feed(handshake, bytes, bytes.length)
    if (last.type !== 'request') throw new Error('no request')
    return last.answers
  }
  const socks5 = answersOf(make.socks5(), Buffer.concat([NO_AUTH, request('resolve', 'a.example')]))
  t.same(socks5.connected(), hex('05 00 00 01 00000000 0000'))
  t.same(socks5.resolved(parseTarget('198.18.0.80')), hex('05 00 00 01 c6120050 0000'))
  const socks4 = answersOf(make.socks4(), hex('04 01 0050 c6120050 00'))
  t.same(socks4.connected(), hex('00 5a 0000 00000000'))
  t.same(socks4.resolved(parseTarget('198.18.0.80')), hex('00 5a 0000 c6120050'))
  t.same(socks4.resolved(parseTarget('2001:db8::1')), hex('00 5b 0000 00000000'))
  t.same(socks4.refused(5), hex('00 5b 0000 00000000'))
  const http = answersOf(make.http(), latin('CONNECT a.example:1 HTTP/1.1\r\n\r\n'))
  t.equal(Buffer.from(http.connected()).toString(), 'HTTP/1.1 200 OK\r\n\r\n')
  for (const [code, status] of [
    [2, 403],
    [6, 504],
    [5, 502],
    [0xf0, 502],
  ] as const) {
    t.match(Buffer.from(http.refused(code)).toString(), new RegExp(`^HTTP/1.1 ${status} `))
  }
  t.match(Buffer.from(http.resolved(parseTarget('198.18.0.80'))).toString(), /^HTTP\/1.1 405 /)
})

t.test('any other HTTP method is answered 405 and nonsense 400, and neither names anything', async t => {
  for (const [text, status] of [
    ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['POST http://x/ HTTP/1.1\r\n\r\n', 405],
    ['CONNECT x HTTP/1.1\r\n\r\n', 400],
    ['CONNECT a.example:1 HTTP/1.1\n\n', 400],
  ] as const) {
    const step = make.http().push(latin(text))
    t.equal(step.type, 'refused')
    const answer = Buffer.from(step.send ?? '').toString()
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
    t.notMatch(answer, /cordon|tor|server:/i)
  }
})

t.test(
  'the side towards apps survives 20,000 hostile inputs: one outcome each, nothing thrown, the same however cut',
  async t => {
    const seed = 20_261_122
    t.comment(`seed ${seed}`)
    const seeds = MESSAGES.map(({ bytes }) => bytes)
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 4 }), fc.nat(600))
      .map(([bytes, edits, end]) => {
        const copy = Buffer.from(bytes)
        for (const [at, value] of edits) if (at < copy.length) copy[at] = value
        return end < copy.length && end % 3 === 0 ? copy.subarray(0, end) : copy
      })
    const kinds = fc.constantFrom(make.socks5, make.socks4, make.http)
    const summary = ({ last, sent }: ReturnType<typeof feed>): string =>
      `${sent} ${JSON.stringify(last, (key, value) => (key === 'readAhead' || key === 'send' ? undefined : value))}`
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), kinds, (bytes, kind) => {
        return summary(feed(kind(), bytes, 1)) === summary(feed(kind(), bytes, bytes.length || 1))
      }),
      { seed, numRuns: 20_000 }, // `npm run fuzz` runs more
    )
  },
)
