import { createServer as createPlainServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { OWN_APPS } from '@cordon/shared/contracts'
import type { Telemetry } from '@cordon/shared/telemetry'
import t, { type Test } from 'tap'
import { openPartTelemetry } from '../../../src/through-tor/edge/index.ts'
import { measureKept } from '../../kept-memory.ts'
import { eventually } from '../../queue/redis-under-test.ts'
import { type AppPortUnderTest, openAppPortUnderTest } from '../app-port-under-test.ts'
import { makeCertificate } from '../certificate-under-test.ts'

const certificate = makeCertificate(t, 'otel.example')
const ONION = `http://${'a'.repeat(56)}.onion`

async function open(t: Test, port: AppPortUnderTest, settings: { collector: string; collectorAuthorityFile?: string }) {
  const asked: string[] = []
  const layout = {
    appSocket: (app: string) => {
      asked.push(app)
      return port.path
    },
  }
  const telemetry = await openPartTelemetry({ part: 'gateway', settings, layout })
  t.teardown(() => telemetry.close())
  t.same(asked, [OWN_APPS.telemetry], 'no port but that of telemetry itself')
  return telemetry
}

const say = (telemetry: Telemetry): void => telemetry.startSpan('gateway.renew', { attributes: { app: 'mail' } }).end()

const dropped = async (telemetry: Telemetry, why: string): Promise<number> =>
  Number(new RegExp(`dropped="${why}"\\} ([0-9]+)`).exec(await telemetry.metrics())?.[1] ?? 0)

/** A collector that keeps what it is sent. */
function collect(bodies: string[], requests: IncomingMessage[] = []): RequestListener {
  return (request, response) => {
    requests.push(request)
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      bodies.push(body)
      response.end('{}')
    })
  }
}

t.test(
  'TEL-02 spans go to a remote collector by its name, under credentials of their own, over verified TLS',
  async t => {
    const [bodies, requests]: [string[], IncomingMessage[]] = [[], []]
    const server = createTlsServer({ key: certificate.key, cert: certificate.cert }, collect(bodies, requests))
    server.keepAliveTimeout = 0 // a stream that is idle for five seconds would be ended, and another one opened
    const port = await openAppPortUnderTest(t, () => socket => server.emit('connection', socket))
    const settings = { collector: 'https://otel.example', collectorAuthorityFile: certificate.path }
    const telemetry = await open(t, port, settings)
    say(telemetry)
    telemetry.startSpan('gateway.stream', { attributes: { app: OWN_APPS.telemetry } }).end()
    await eventually('the spans', () => bodies.length > 0)
    say(telemetry)
    await eventually('more spans', () => bodies.length > 1)
    t.match(port.calls, [{ host: 'otel.example', port: 443 }], 'the name, and one stream for both batches')
    t.match(port.calls[0]?.user, /^[0-9a-f]{32}$/)
    t.match(requests[0], { url: '/v1/traces', method: 'POST' })
    t.notOk(requests[0]?.headers['traceparent'])
    t.match(bodies.join(), /gateway\.renew/)
    t.notMatch(bodies.join(), /gateway\.stream/, 'a span of the sending itself would be sent for ever')
    const other = await open(t, port, settings)
    say(other)
    await eventually('the spans of another part', () => bodies.length > 2)
    t.not(port.calls[1]?.user, port.calls[0]?.user)
  },
)

t.test('an onion service needs no TLS: its address is its key', async t => {
  const bodies: string[] = []
  const server = createPlainServer(collect(bodies))
  const port = await openAppPortUnderTest(t, () => socket => server.emit('connection', socket))
  say(await open(t, port, { collector: ONION }))
  await eventually('the spans', () => bodies.length > 0)
  t.match(port.calls, [{ host: ONION.slice('http://'.length), port: 4318 }])
})

t.test('a collector with a certificate of somebody else hears nothing', async t => {
  const bodies: string[] = []
  const server = createTlsServer({ key: certificate.key, cert: certificate.cert }, collect(bodies))
  server.on('tlsClientError', () => {})
  const port = await openAppPortUnderTest(t, () => socket => server.emit('connection', socket))
  for (const settings of [
    { collector: 'https://otel.example' },
    { collector: 'https://other.example', collectorAuthorityFile: certificate.path },
  ]) {
    const telemetry = await open(t, port, settings)
    say(telemetry)
    await eventually('the drop', async () => (await dropped(telemetry, 'collector')) === 1)
  }
  t.same(bodies, [])
})

t.test('TEL-05 one that cannot be reached costs a counter and bounded memory, and no time at the end', async t => {
  const refusing = await open(t, await openAppPortUnderTest(t, () => 5), { collector: ONION })
  const before = measureKept()
  for (let n = 0; n < 20_000; n++) say(refusing)
  await eventually('drops', async () => (await dropped(refusing, 'collector')) >= 64)
  t.ok((await dropped(refusing, 'queue-full')) > 17_000)
  t.ok(measureKept() - before < 64e6)
  const silent = await openAppPortUnderTest(t, () => () => {})
  const telemetry = await open(t, silent, { collector: ONION })
  say(telemetry)
  await eventually('the dial', () => silent.calls.length > 0)
  await telemetry.close()
  t.equal(await dropped(telemetry, 'collector'), 1)
})

t.test('an authority that is not there is named', async t => {
  const layout = { appSocket: () => '/nowhere' }
  const settings = { collector: 'https://otel.example', collectorAuthorityFile: '/nowhere/ca.pem' }
  await t.rejects(openPartTelemetry({ part: 'gateway', settings, layout }), {
    code: 'CFG_UNREADABLE',
    message: /collectorAuthorityFile/,
  })
})
