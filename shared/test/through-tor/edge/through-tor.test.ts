import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import {
  dialAppPort,
  freshCredentials,
  openWebConnection,
  type WebRequest,
} from '../../../src/through-tor/edge/index.ts'
import { parseWebAddress, type TransferLimits } from '../../../src/through-tor/index.ts'
import { until } from '../../until.ts'
import { openAppPortUnderTest } from '../app-port-under-test.ts'
import { makeCertificate } from '../certificate-under-test.ts'

const LIMITS: TransferLimits = { deadlineMs: 20_000, maxBytes: 1000 }
const GET: WebRequest = { method: 'GET', fields: [['Accept', '*/*']], limits: LIMITS }
const ONION = `http://${'a'.repeat(56)}.onion`

/** Open an app port behind which one site answers whatever is asked for. */
async function openSite(t: Test, listener: RequestListener) {
  const server = createServer(listener)
  const { path, calls } = await openAppPortUnderTest(t, () => socket => server.emit('connection', socket))
  return { calls, server, connect: (address: string) => connectTo(t, path, address) }
}

async function connectTo(t: Test, appSocket: string, address: string, authorities: string[] = []) {
  const connection = await openWebConnection({
    appSocket,
    credentials: freshCredentials(),
    address: parseWebAddress(address),
    authorities,
    connectMs: 20_000,
  })
  t.teardown(() => connection.close())
  return connection
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

t.test('a name travels as a name, and every call has credentials of its own', async t => {
  const { calls, connect } = await openSite(t, (_request, response) => response.end('hello'))
  for (const _ of [1, 2]) {
    const answer = await (await connect(`${ONION}/x`)).ask(GET)
    t.equal(answer.status, 200)
    t.equal(await readAll(answer.body), 'hello')
    t.ok(answer.answeredAtMs >= answer.askedAtMs)
  }
  t.same(
    calls.map(({ host, port }) => [host, port]),
    Array(2).fill([`${'a'.repeat(56)}.onion`, 80]),
  )
  t.not(calls[0]?.user, calls[1]?.user)
})

t.test('the bytes of a request are those that were asked for, and no others', async t => {
  const seen: Buffer[] = []
  const { path } = await openAppPortUnderTest(t, () => socket => {
    socket.on('data', bytes => {
      seen.push(bytes)
      socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
  })
  const connection = await connectTo(t, path, `${ONION}:8080/a?b=c`)
  const first = await connection.ask({ ...GET, keepAlive: true })
  t.equal(await readAll(first.body), '', 'a body is read to its end before the next request')
  await connection.ask({ ...GET, method: 'POST', path: '/d', fields: [], content: Buffer.from('{}') })
  const onion = `${'a'.repeat(56)}.onion:8080`
  const wanted =
    `GET /a?b=c HTTP/1.1\r\nHost: ${onion}\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n` +
    `POST /d HTTP/1.1\r\nHost: ${onion}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`
  await until('all of it', () => Buffer.concat(seen).length >= wanted.length)
  t.equal(Buffer.concat(seen).toString(), wanted)
})

t.test('a redirect and a broken answer', async t => {
  const { connect } = await openSite(t, (request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: 'http://elsewhere.example/' }).end()
    else (request.socket as Socket).end('SSH-2.0-x\r\n')
  })
  const answer = await (await connect(`${ONION}/redirect`)).ask(GET)
  t.equal(answer.status, 302, 'is given back, not followed')
  t.match(
    answer.fields.find(([name]) => name === 'location'),
    ['location', 'http://elsewhere.example/'],
  )
  await t.rejects((await connect(`${ONION}/broken`)).ask(GET), { code: 'VIA_ANSWER_INVALID' })
})

t.test('the app port says no', async t => {
  const { path } = await openAppPortUnderTest(t, () => 4)
  const call = { credentials: freshCredentials(), target: { type: 'name', name: 'x.example' } as const, port: 80 }
  await t.rejects(dialAppPort({ ...call, appSocket: path, deadlineMs: 20_000 }), {
    code: 'VIA_REFUSED',
    message: /hostUnreachable/,
  })
  await t.rejects(dialAppPort({ ...call, appSocket: '/nowhere/none.sock', deadlineMs: 20_000 }), {
    code: 'VIA_PORT_UNREACHABLE',
  })
  const silent = await openAppPortUnderTest(t, () => () => {})
  const connection = await connectTo(t, silent.path, ONION)
  await t.rejects(connection.ask({ ...GET, limits: { ...LIMITS, deadlineMs: 50 } }), { code: 'VIA_TOO_LATE' })
  await t.rejects(connection.ask(GET), { code: 'VIA_CUT_SHORT' }, 'a connection is not used after it failed')
})

t.test('a caller that changes its mind is obeyed at each stage', async t => {
  const control = new AbortController()
  const { path } = await openAppPortUnderTest(t, () => socket => socket.once('data', () => control.abort()))
  const address = parseWebAddress(ONION)
  const common = {
    appSocket: path,
    credentials: freshCredentials(),
    address,
    connectMs: 20_000,
    signal: control.signal,
  }
  const connection = await openWebConnection(common)
  await t.rejects(connection.ask(GET), { code: 'VIA_ABORTED' })
  await t.rejects(openWebConnection(common), { code: 'VIA_ABORTED' })
})

t.test('what is too much, too slow or cut short ends the transfer', async t => {
  const gone: Promise<unknown>[] = []
  const { connect } = await openSite(t, (request: IncomingMessage, response) => {
    gone.push(once(response, 'close'))
    if (request.url === '/endless') flood(() => response.destroyed || !response.write('x'.repeat(10_000)), response)
    if (request.url === '/slow') response.write('x')
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '10' }).write('x')
      response.socket?.end()
    }
  })
  const read = async (path: string, limits: TransferLimits): Promise<string> => {
    const answer = await (await connect(`${ONION}${path}`)).ask({ ...GET, limits })
    return await readAll(answer.body)
  }
  await t.rejects(read('/endless', LIMITS), { code: 'VIA_TOO_LARGE' })
  await t.rejects(read('/slow', { ...LIMITS, deadlineMs: 50 }), { code: 'VIA_TOO_LATE' })
  await t.rejects(read('/slow', { ...LIMITS, pace: { windowMs: 20, minBytes: 100 } }), { code: 'VIA_TOO_SLOW' })
  await t.rejects(read('/cut', LIMITS), { code: 'VIA_CUT_SHORT' })
  await Promise.all(gone)
  t.pass('and the site sees the end of each')
})

t.test('a HEAD that is answered without a length leaves the stream open, unless the peer says otherwise', async t => {
  const head: WebRequest = { ...GET, method: 'HEAD', keepAlive: true }
  const heads = {
    'HTTP/1.1 200 OK\r\n\r\n': false,
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n': false,
    'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n': true,
    'HTTP/1.0 200 OK\r\n\r\n': true,
  }
  for (const [bytes, ends] of Object.entries(heads)) {
    const { path, calls } = await openAppPortUnderTest(t, () => socket => socket.on('data', () => socket.write(bytes)))
    const connection = await connectTo(t, path, ONION)
    t.equal(await readAll((await connection.ask(head)).body), '')
    if (ends) {
      await until(`the end after ${bytes}`, () => connection.isClosed)
      continue
    }
    t.equal(await readAll((await connection.ask(head)).body), '', 'the next one goes the same way')
    t.equal(connection.isClosed, false)
    t.equal(calls.length, 1)
  }
})

t.test('a request on a stream that ends meanwhile ends with it, and does not wait for its deadline', async t => {
  const lasting: WebRequest = { ...GET, keepAlive: true, limits: { ...LIMITS, deadlineMs: 86_400_000 } }
  const endings = [
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  ]
  for (const ending of endings) {
    const { path } = await openAppPortUnderTest(t, () => socket => socket.once('data', () => socket.end(ending)))
    const connection = await connectTo(t, path, ONION)
    const first = await connection.ask(lasting)
    t.equal(await readAll(first.body), '')
    // At once: the stream is about to close and is not known to be, so that the request is queued for it.
    await t.rejects(connection.ask(lasting), { code: 'VIA_CUT_SHORT' })
    await until('the stream is known to be closed', () => connection.isClosed)
    await t.rejects(connection.ask(lasting), { code: 'VIA_CUT_SHORT' })
  }
})

function flood(write: () => boolean, response: { on(event: 'drain', then: () => void): unknown }): void {
  const fill = (): void => {
    while (!write());
  }
  response.on('drain', fill)
  fill()
}

t.test('TLS: who is not vouched for, or is somebody else, is refused; no session is taken up again', async t => {
  const good = makeCertificate(t, 'good.example')
  const reused: boolean[] = []
  const server = createTlsServer(good, (request, response) => {
    reused.push((request.socket as unknown as { isSessionReused(): boolean }).isSessionReused())
    response.end('hello')
  })
  const { path } = await openAppPortUnderTest(t, () => socket => server.emit('connection', socket))
  for (const _ of [1, 2]) {
    const answer = await (await connectTo(t, path, 'https://good.example/', [good.cert])).ask(GET)
    t.equal(await readAll(answer.body), 'hello')
  }
  t.same(reused, [false, false])
  await t.rejects(connectTo(t, path, 'https://good.example/'), {
    code: 'VIA_TLS_FAILED',
    message: /DEPTH_ZERO_SELF_SIGNED_CERT/,
  })
  await t.rejects(connectTo(t, path, 'https://bad.example/', [good.cert]), {
    code: 'VIA_TLS_FAILED',
    message: /ERR_TLS_CERT_ALTNAME_INVALID/,
  })
  const judged = { appSocket: path, credentials: freshCredentials(), connectMs: 20_000 }
  const address = parseWebAddress('https://good.example/')
  const refuse = (): void => {
    throw Object.assign(new Error('no'), { code: 'NO' })
  }
  await t.rejects(openWebConnection({ ...judged, address, judge: refuse }), { code: 'VIA_TLS_FAILED', message: /NO/ })
  ;(await openWebConnection({ ...judged, address, judge: () => {} })).close()
  const refuseLater = async (): Promise<void> => await Promise.resolve().then(refuse)
  const late = openWebConnection({ ...judged, address, judge: refuseLater })
  await t.rejects(late, { code: 'VIA_TLS_FAILED', message: /NO/ }, 'a judge may take its time')
  const never = (): Promise<void> => new Promise(() => {})
  const held = openWebConnection({ ...judged, connectMs: 100, address, judge: never })
  await t.rejects(held, { code: 'VIA_TOO_LATE' }, 'and not more than the deadline')
  const hangsUp = await openAppPortUnderTest(t, () => socket => socket.end())
  await t.rejects(connectTo(t, hangsUp.path, 'https://good.example/'), { code: 'VIA_TLS_FAILED' })
})
