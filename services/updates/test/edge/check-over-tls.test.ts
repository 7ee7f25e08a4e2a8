import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { ProductSettings } from '@cordon/shared/contracts'
import { type Test, test } from 'tap'
import { openAppPortUnderTest } from '../../../../shared/test/through-tor/app-port-under-test.ts'
import { type Certificate, CertificateMaker } from '../../../../shared/test/through-tor/certificate-maker.ts'
import { checkProduct } from '../../src/edge/check-product.ts'
import { completeProduct } from '../../src/products/index.ts'
import { EMPTY_MEMORY, judgeProduct } from '../../src/verdict/index.ts'

const DAY = 86_400_000
const NOW = Date.now()
const ROOT = ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign']
const LEAF = ['basicConstraints = CA:FALSE', 'extendedKeyUsage = serverAuth', 'subjectAltName = DNS:a.example']
/** What OpenSSL needs to be told before it speaks what is long refused (SSL_CTX_set_security_level). */
const OLD = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

const maker = new CertificateMaker({ teardown: end => process.once('exit', end) })
const long = { fromMs: NOW - 300 * DAY, untilMs: NOW + 900 * DAY }
const root = maker.make({ name: 'root', ...long, extensions: ROOT })
const leaf = (days: readonly [number, number], wishes: { issuer?: Certificate; extensions?: string[] } = {}) =>
  maker.make({
    name: 'a.example',
    issuer: root,
    extensions: LEAF,
    ...wishes,
    fromMs: NOW + days[0] * DAY,
    untilMs: NOW + days[1] * DAY,
  })
const good = leaf([-1, 90])

type Place = (socket: Socket) => void

/** Serve one document under TLS; `asked` counts the requests that got through. */
function serve(options: ServerOptions & { key: string; cert: string }, location?: (asked: number) => string) {
  const seen = { asked: 0 }
  const server = createServer({ ...options }, (_request, response) => {
    seen.asked += 1
    if (location === undefined) response.end('{"v":"1.0"}')
    else response.writeHead(302, { location: location(seen.asked) }).end()
  })
  server.on('tlsClientError', () => {}) // the client leaves: that is what is tested
  const place: Place = socket => void server.emit('connection', socket)
  return { place, seen, server }
}

/** Check a product at https://a.example/, which `places` answer by host and port. */
async function check(t: Test, places: Readonly<Record<string, Place>>) {
  const directory = mkdtempSync(join(tmpdir(), 'cordon-tls-check-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const port = await openAppPortUnderTest(t, ({ host, port }) => places[`${host}:${port}`] ?? 4)
  const settings: ProductSettings = { kind: 'json', address: 'https://a.example/v.json', path: '/v' }
  const product = completeProduct('tool', settings, '/nowhere')
  if (product === undefined) throw new Error('no product')
  const place = {
    appSocket: port.path,
    authorities: [root.cert],
    scratch: directory,
    pace: { connectMs: 60_000, baseMs: 60_000, window: { windowMs: 60_000, minBytes: 1 } },
  }
  const times = { nowMs: NOW, signal: new AbortController().signal }
  const { fault, memory } = await checkProduct(place, product, EMPTY_MEMORY, times)
  const verdict = judgeProduct({ product, memory, installed: '1.0', nowMs: NOW })
  return { fault, verdict, calls: port.calls }
}

/** A certificate that must not be believed, or a protocol that must not be spoken, and what the refusal must name. */
const REFUSED: readonly (readonly [name: string, options: ServerOptions & { key: string; cert: string }, RegExp])[] = [
  ['expired', leaf([-90, -1]), /CERT_HAS_EXPIRED/],
  ['not valid yet', leaf([1, 90]), /CERT_NOT_YET_VALID/],
  [
    'of another name',
    leaf([-1, 90], { extensions: [...LEAF.slice(0, 2), 'subjectAltName = DNS:b.example'] }),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  ],
  [
    'of a longer name',
    leaf([-1, 90], { extensions: [...LEAF.slice(0, 2), 'subjectAltName = DNS:a.example.org'] }),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  ],
  [
    'its own authority',
    maker.make({ name: 'a.example', extensions: LEAF, fromMs: NOW - DAY, untilMs: NOW + DAY }),
    /DEPTH_ZERO_SELF_SIGNED_CERT/,
  ],
  [
    'by an authority of the same name',
    leaf([-1, 90], { issuer: maker.make({ name: 'root', ...long, extensions: ROOT }) }),
    /CERT_SIGNATURE_FAILURE|UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
  ],
  ['by a server that is no authority', leaf([-1, 90], { issuer: good }), /UNABLE_TO_VERIFY|INVALID_CA/],
  [
    'for another purpose',
    leaf([-1, 90], { extensions: ['extendedKeyUsage = clientAuth', 'subjectAltName = DNS:a.example'] }),
    /INVALID_PURPOSE|UNSUITABLE/,
  ],
  ['TLS 1.0', { ...good, ...OLD, maxVersion: 'TLSv1' }, /PROTOCOL_VERSION/],
  ['TLS 1.1', { ...good, ...OLD, maxVersion: 'TLSv1.1' }, /PROTOCOL_VERSION/],
]

test('UPD-06 a server that is not who it should be, or speaks what is broken, is asked nothing', async t => {
  for (const [name, options, message] of REFUSED) {
    const { place, seen } = serve(options)
    const { fault, verdict } = await check(t, { 'a.example:443': place })
    t.match(fault, { code: 'VIA_TLS_FAILED', message }, name)
    t.match(verdict, { type: 'unknown', reason: 'VIA_TLS_FAILED' }, `${name}: never current`)
    t.equal(seen.asked, 0, `${name}: no request`)
  }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { place, seen } = serve({ ...good, maxVersion })
    t.match(await check(t, { 'a.example:443': place }), { fault: undefined, verdict: { type: 'current' } }, maxVersion)
    t.equal(seen.asked, 1, `${maxVersion}: positive control`)
  }
})

test('UPD-06 the servers of old TLS do speak it, to a client that would', async t => {
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const { server } = serve({ ...good, ...OLD, maxVersion: version })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const protocol = await new Promise<string | null>((resolve, reject) => {
      const socket = connect({ port, ...OLD, maxVersion: version, rejectUnauthorized: false }, () => {
        resolve(socket.getProtocol())
        socket.end()
      })
      socket.on('error', reject)
    })
    t.equal(protocol, version)
  }
})

test('UPD-06 downgrade: what is no TLS at all, and a redirect from https to http, are refused', async t => {
  const clear = createHttpServer((_request, response) => response.end('{"v":"1.0"}'))
  const plain: Place = socket => void clear.emit('connection', socket)
  t.match((await check(t, { 'a.example:443': plain })).fault, { code: 'VIA_TLS_FAILED' }, 'HTTP on the port of https')
  const { place } = serve(good, () => 'http://a.example/v.json')
  const down = await check(t, { 'a.example:443': place, 'a.example:80': plain })
  t.match(down.fault, { code: 'UPD_REDIRECT_REFUSED', message: /from https to http/ })
  t.match(down.verdict, { type: 'unknown' })
  t.equal(down.calls.length, 1, 'and nothing was asked there')
})

test('UPD-06 redirects: another host by its own certificate, and not for ever', async t => {
  const other = leaf([-1, 90], { extensions: [...LEAF.slice(0, 2), 'subjectAltName = DNS:b.example'] })
  const leads = serve(good, () => 'https://b.example/v.json')
  const led = await check(t, { 'a.example:443': leads.place, 'b.example:443': serve(other).place })
  t.match(led, { fault: undefined, verdict: { type: 'current' } })
  t.equal(new Set(led.calls.map(({ user }) => user)).size, 1, 'under the same identity: it is one check')
  const astray = await check(t, { 'a.example:443': leads.place, 'b.example:443': serve(good).place })
  t.match(astray.fault, { code: 'VIA_TLS_FAILED', message: /ALTNAME/ })
  const endless = serve(good, asked => `https://a.example/${asked}`)
  t.match((await check(t, { 'a.example:443': endless.place })).fault, {
    code: 'UPD_REDIRECT_REFUSED',
    message: /too far/,
  })
  t.equal(endless.seen.asked, 6)
})
