import { decodeConnectHead, encodeConnectAnswer, MAX_HEAD_BYTES, REPLY, statusOfReplyCode } from '@cordon/shared/socks'
import t from 'tap'
import { assertDecodes, latin1 } from '../bytes.ts'

const head = (...lines: string[]): Uint8Array => latin1(`${lines.join('\r\n')}\r\n\r\n`)
const decode = (...lines: string[]) => decodeConnectHead(head(...lines))
const CONNECT = 'CONNECT example.com:443 HTTP/1.1'

// The first as curl 7.88 -p writes it, the second as Python's http.client set_tunnel does.
t.test('a CONNECT request is decoded', async t => {
  const target = { type: 'name', name: 'example.com' } as const
  const curl = head(CONNECT, 'Host: example.com:443', 'User-Agent: curl/7.88.1', 'Proxy-Connection: Keep-Alive')
  assertDecodes(t, decodeConnectHead, curl, {
    type: 'connect',
    version: '1.1',
    credentials: undefined,
    target,
    port: 443,
  })
  const python = head('CONNECT example.com:80 HTTP/1.0')
  assertDecodes(t, decodeConnectHead, python, {
    type: 'connect',
    version: '1.0',
    credentials: undefined,
    target,
    port: 80,
  })
})

t.test('the authority is a name or an address with a port', async t => {
  const read = (authority: string) => decode(`CONNECT ${authority} HTTP/1.1`)
  t.match(read('[2001:DB8::1]:443'), { value: { target: { type: 'ipv6', address: '2001:db8::1' }, port: 443 } })
  t.match(read('127.0.0.1:1'), { value: { target: { type: 'ipv4', address: '127.0.0.1' }, port: 1 } })
  t.match(read('a_b.example.:65535'), { value: { target: { type: 'name', name: 'a_b.example.' }, port: 65535 } })
  t.match(read(`${'a'.repeat(255)}:1`), { type: 'decoded' })
  const bad = [
    'example.com',
    'example.com:',
    ':80',
    'a:0',
    'a:65536',
    'a:000080',
    '::1:80',
    '[::1]',
    '[::g]:80',
    '[a]:80',
  ]
  const worse = [
    'user@a:80',
    'a%2eb:80',
    'http://a:80',
    'a:80/',
    '*',
    `${'a'.repeat(256)}:1`,
    'a:80:80',
    '[::1%25lo]:80',
  ]
  for (const authority of [...bad, ...worse])
    t.match(read(authority), { type: 'malformed', why: 'authority' }, authority)
})

t.test('another method is decoded as such, so that it can be answered', async t => {
  const found = { type: 'decoded', value: { type: 'other-method' } }
  t.match(decode('GET http://example.com/ HTTP/1.1', 'Host: example.com'), found)
  t.match(decode('POST / HTTP/1.0', 'Content-Length: 5', 'Transfer-Encoding: chunked'), found)
  t.match(decode('connect example.com:443 HTTP/1.1'), found, 'methods have case (RFC 9110 section 9.1)')
})

t.test("every isolation field is part of the app's credentials, and absent is not empty", async t => {
  const credentials = (...fields: string[]) => {
    const found = decode(CONNECT, ...fields)
    return found.type === 'decoded' && found.value.type === 'connect' ? found.value.credentials : found
  }
  const none = { basic: undefined, streamIsolation: undefined, legacyStreamIsolation: undefined }
  t.equal(credentials(), undefined)
  t.same(credentials('proxy-authorization:basic dXNlcjpwYTpzcw=='), {
    ...none,
    basic: { user: latin1('user'), password: latin1('pa:ss') },
  })
  t.same(credentials('Proxy-Authorization: Basic Og=='), { ...none, basic: { user: latin1(''), password: latin1('') } })
  t.same(credentials('Tor-Stream-Isolation: a b'), { ...none, streamIsolation: latin1('a b') })
  t.same(credentials('X-Tor-Stream-Isolation:'), { ...none, legacyStreamIsolation: latin1('') })
  t.same(credentials('X-Tor-Stream-Isolation: \xe9\xff', 'Tor-Stream-Isolation: x'), {
    ...none,
    legacyStreamIsolation: latin1('\xe9\xff'),
    streamIsolation: latin1('x'),
  })
})

t.test('credentials that could be counted wrongly are refused', async t => {
  const why = 'proxy-authorization'
  for (const value of [
    'Bearer abc',
    'Basic',
    'Basic !',
    'Basic dXNlcg==',
    'Basic dXNlcjpwYXNz=',
    'Basic Oh==',
    'Basic Og',
  ]) {
    t.match(decode(CONNECT, `Proxy-Authorization: ${value}`), { type: 'malformed', why }, value)
  }
  for (const name of ['Proxy-Authorization', 'Tor-Stream-Isolation', 'X-Tor-Stream-Isolation', 'Host']) {
    const value = name === 'Proxy-Authorization' ? 'Basic Og==' : 'a'
    const twice = decode(CONNECT, `${name}: ${value}`, `${name.toUpperCase()}: ${value}`)
    t.match(twice, { type: 'malformed', why: `second ${name.toLowerCase()}` })
  }
})

t.test('a CONNECT with content is refused: what follows the head belongs to the tunnel', async t => {
  t.match(decode(CONNECT, 'Content-Length: 0'), { type: 'decoded' })
  t.match(decode(CONNECT, 'Content-Length: 1'), { type: 'malformed', why: 'content-length' })
  t.match(decode(CONNECT, 'Content-Length: 0', 'Content-Length: 0'), { type: 'malformed' })
  t.match(decode(CONNECT, 'Transfer-Encoding: chunked'), { type: 'malformed', why: 'transfer-encoding' })
})

t.test('what HTTP leaves to the recipient is refused', async t => {
  for (const [bytes, why] of [
    [latin1(`${CONNECT}\n\n`), 'bare LF'],
    [latin1('\n'), 'bare LF'],
    [latin1(`${CONNECT}\r\rX`), 'bare CR'],
    [latin1(`${CONNECT}\r\nA: b\0`), 'control character'],
    [latin1('CONNECT\x7f'), 'control character'],
    [latin1('\x16\x03\x01'), 'control character'],
    [head(CONNECT, 'A: b', ' folded'), 'field line'],
    [head(CONNECT, 'A : b'), 'field line'],
    [head(CONNECT, 'no colon'), 'field line'],
    [head(CONNECT, ': empty name'), 'field line'],
    [head(`${CONNECT} `), 'request line'],
    [head('CONNECT  example.com:443 HTTP/1.1'), 'request line'],
    [head('CONNECT\texample.com:443 HTTP/1.1'), 'request line'],
    [head('CONNECT example.com:443 HTTP/2.0'), 'request line'],
    [head('CONNECT example.com:443'), 'request line'],
    [head('', CONNECT), 'request line'],
    [head('CONNECT ex\xe4mple.com:443 HTTP/1.1'), 'request line'],
  ] as const) {
    t.match(decodeConnectHead(bytes), { type: 'malformed', why }, why)
  }
})

t.test('a head is bounded', async t => {
  const filled = (length: number) => head(CONNECT, `A: ${'x'.repeat(length - CONNECT.length - 2 - 3 - 4)}`)
  t.equal(filled(MAX_HEAD_BYTES).length, MAX_HEAD_BYTES)
  t.match(decodeConnectHead(filled(MAX_HEAD_BYTES)), { type: 'decoded', consumed: MAX_HEAD_BYTES })
  t.match(decodeConnectHead(filled(MAX_HEAD_BYTES).subarray(0, -1)), { type: 'incomplete', need: 1 })
  t.match(decodeConnectHead(filled(MAX_HEAD_BYTES + 1)), { type: 'malformed', why: 'head over 8192 bytes' })
})

t.test('an answer names nothing', async t => {
  const answers = ([200, 400, 403, 405, 502, 504] as const).map(
    status => [status, encodeConnectAnswer(status)] as const,
  )
  for (const [status, bytes] of answers) {
    const text = Buffer.from(bytes).toString('latin1')
    t.match(text, new RegExp(`^HTTP/1\\.1 ${status} [A-Za-z ]+\r\n`))
    t.ok(text.endsWith('\r\n\r\n'))
    t.notMatch(text, /server|date|cordon|tor|via/i)
  }
  t.same(encodeConnectAnswer(200), latin1('HTTP/1.1 200 OK\r\n\r\n'))
  t.match(Buffer.from(encodeConnectAnswer(405)).toString(), 'Allow: CONNECT\r\n')
})

t.test('a reply code becomes a status that says the same', async t => {
  t.equal(statusOfReplyCode(REPLY.succeeded), 200)
  t.equal(statusOfReplyCode(REPLY.notAllowed), 403)
  t.equal(statusOfReplyCode(REPLY.ttlExpired), 504)
  t.equal(statusOfReplyCode(REPLY.onionIntroductionTimedOut), 504)
  t.equal(statusOfReplyCode(REPLY.hostUnreachable), 502)
  t.equal(statusOfReplyCode(0x99), 502)
})
