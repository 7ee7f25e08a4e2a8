import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import type { Telemetry } from '@cordon/shared/telemetry'
import { openTelemetry, type TelemetryOptions } from '@cordon/shared/telemetry/edge'
import t, { type Test } from 'tap'
import { measureKept } from '../../kept-memory.ts'
import { eventually } from '../../queue/redis-under-test.ts'

function open(t: Test, more: Partial<TelemetryOptions> = {}): { telemetry: Telemetry; written: string[] } {
  const written: string[] = []
  const telemetry = openTelemetry({ part: 'gateway', write: line => written.push(line), strict: true, ...more })
  t.teardown(() => telemetry.close())
  return { telemetry, written }
}

/** Nobody holds a test up for so long. */
const PATIENT = { batch: { local: 86_400_000, remote: 86_400_000 }, farewell: 86_400_000 }

const fault = (message: string): Fault => new Fault('GW_PORT_TAKEN', message, { where: 'host', retry: 'never' })

t.test('a span is kept with its trace, parent, duration and attributes', async t => {
  const { telemetry } = open(t)
  const command = telemetry.startSpan('command', { attributes: { command: 'renew' } })
  const renew = telemetry.startSpan('gateway.renew', { parent: command.context, attributes: { app: 'mail' } })
  renew.end({ outcome: 'ok', circuitsClosed: 2 })
  telemetry.startSpan('gateway.reload', { parent: command.context }).fail(fault('no'))
  command.fail(new Error('192.0.2.1'))
  const spans = telemetry.spans()
  const [first, second, third] = spans
  t.match(
    first,
    {
      part: 'gateway',
      name: 'command',
      parentSpanId: null,
      attributes: { command: 'renew', outcome: 'failed' },
    },
    'the parent comes first, although it ended last',
  )
  t.match(second, { name: 'gateway.renew', parentSpanId: first?.spanId, traceId: first?.traceId })
  t.same(second?.attributes, { app: 'mail', outcome: 'ok', circuitsClosed: 2 })
  t.same(third?.attributes, { outcome: 'failed', fault: 'GW_PORT_TAKEN' })
  t.ok(spans.every(({ durationMs, startedAt }) => durationMs >= 0 && !Number.isNaN(Date.parse(startedAt))))
  t.notMatch(JSON.stringify(spans), /192\.0\.2/)
})

t.test('a parent precedes its child also where both began in one millisecond', async t => {
  const { telemetry } = open(t)
  for (let n = 0; n < 100; n++) {
    const command = telemetry.startSpan('command')
    telemetry.startSpan('gateway.renew', { parent: command.context }).end()
    command.end()
  }
  const traces = [...Map.groupBy(telemetry.spans(), ({ traceId }) => traceId).values()]
  t.equal(traces.length, 100)
  t.ok(traces.every(spans => spans.map(({ name }) => name).join() === 'command,gateway.renew'))
})

t.test('TEL-04: a second app in a trace stays unnamed, and a flood of one span pushes no other out', async t => {
  const { telemetry } = open(t, { strict: false })
  const renew = telemetry.startSpan('gateway.renew', { attributes: { app: 'mail' } })
  telemetry
    .startSpan('gateway.stream', { parent: renew.context, attributes: { app: 'web' } })
    .end({ app: 'web', outcome: 'ok' })
  renew.end()
  for (let n = 0; n < 5000; n++) telemetry.startSpan('gateway.stream', { attributes: { app: 'web' } }).end()
  const traces = Map.groupBy(telemetry.spans(), ({ traceId }) => traceId)
  for (const spans of traces.values()) {
    t.ok(new Set(spans.flatMap(({ attributes }) => attributes['app'] ?? [])).size <= 1)
  }
  t.ok(telemetry.spans().some(({ name }) => name === 'gateway.renew'))
  t.ok(telemetry.spans().length <= 257)
  t.match(await telemetry.metrics(), /cordon_telemetry_refused_total\{refused="second-app"\} 2/)
})

t.test(
  'metrics come as Prometheus text, gauges read when asked, and nothing outside the tables among them',
  async t => {
    const { telemetry } = open(t)
    let streams = 3
    telemetry.observe('cordon.streams', () => [{ value: streams, attributes: { app: 'mail' } }])
    telemetry.observe('cordon.circuits', () => [{ value: 2 }])
    telemetry.count('cordon.streams.opened', { app: 'mail', outcome: 'ok' })
    telemetry.count('cordon.streams.opened', { app: 'mail', outcome: 'ok' }, 2)
    telemetry.measure('cordon.stream.opening', 0.2, { outcome: 'ok' })
    streams = 4
    const text = await telemetry.metrics()
    t.match(text, /^cordon_streams\{app="mail"\} 4$/m)
    t.match(text, /^cordon_streams_opened_total\{app="mail",outcome="ok"\} 3$/m)
    t.match(text, /^cordon_stream_opening_bucket\{outcome="ok",le="0.25"\} 1$/m)
    t.match(text, /^cordon_circuits 2$/m)
    t.same(
      text.split('\n').filter(line => line !== '' && !/^(# |cordon_)/.test(line)),
      [],
    )
  },
)

t.test('a line is written and kept once, escaped, cut, and without what must not be said (TEL-06)', async t => {
  const { telemetry, written } = open(t)
  const hostile = `\u001b]0;evil\u0007\n{"level":"error"}${'x'.repeat(65_536)}`
  telemetry.log('gateway.app.trouble', { app: 'mail', appPort: 9050 }, fault(hostile))
  telemetry.log('part.failed', {}, new Error('connect to check.example failed'))
  telemetry.log('gateway.stream.refused', { app: 'mail' })
  t.equal(written.length, 2, 'debug is not written')
  for (const line of written) {
    t.match(line, /^[\x20-\x7e…]+\n$/)
    t.ok(Buffer.byteLength(line) < 2000)
  }
  t.notMatch(written.join(''), /check\.example/)
  t.match(telemetry.lines(), [
    {
      level: 'warn',
      part: 'gateway',
      key: 'gateway.app.trouble',
      fields: { app: 'mail', appPort: 9050, fault: 'GW_PORT_TAKEN' },
    },
    { level: 'error', key: 'part.failed', detail: 'Error' },
  ])
  t.throws(() => telemetry.log('part.failed', { host: 'x' } as never), { name: 'InternalError' })
})

t.test('debug lines are asked for, and that they are is said once', async t => {
  const { telemetry } = open(t, { debug: true })
  telemetry.log('gateway.stream.refused', { app: 'mail', reply: 2 })
  t.same(
    telemetry.lines().map(({ key, level }) => [key, level]),
    [
      ['log.debug', 'warn'],
      ['gateway.stream.refused', 'debug'],
    ],
  )
})

t.test('RES-06: a flood is ten lines, a count, and one line that says how many more', async t => {
  const { telemetry, written } = open(t)
  for (let n = 0; n < 10_000; n++) telemetry.log('gateway.app.trouble', { app: 'mail' }, fault('again'))
  telemetry.log('gateway.app.trouble', { app: 'web' }, fault('mine'))
  t.equal(written.length, 11)
  t.match(await telemetry.metrics(), /cordon_telemetry_dropped_total\{dropped="rate"\} 9990/)
  await telemetry.close()
  t.match(telemetry.lines().at(-1), { says: /^9990 more: /, fields: { app: 'mail', more: 9990 } })
})

/** A collector that answers as `answer` says, on an AF_UNIX socket. */
async function listen(t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-'))
  const server: Server = createServer(answer)
  const path = join(directory, 'otel.sock')
  server.listen(path)
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await rm(directory, { recursive: true })
  })
  return `unix:${path}`
}

t.test('a local collector gets spans as OTLP, with no header from the environment', async t => {
  process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'x-secret=1'
  t.teardown(() => delete process.env['OTEL_EXPORTER_OTLP_HEADERS'])
  let [body, headers]: [string, IncomingMessage['headers']] = ['', {}]
  const collector = await listen(t, (request, response) => {
    headers = request.headers
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => response.end('{}'))
  })
  const { telemetry } = open(t, { collector, collectorDeadlines: PATIENT })
  telemetry.startSpan('gateway.renew', { attributes: { app: 'mail' } }).end({ outcome: 'ok' })
  await telemetry.close()
  t.match(JSON.parse(body).resourceSpans[0].scopeSpans[0].spans, [{ name: 'gateway.renew' }])
  t.same(Object.keys(headers).sort(), ['connection', 'content-length', 'content-type', 'host'])
  t.match(body, /cordon\.part/)
  t.notMatch(body, /host\.|process\.|os\./)
})

for (const [what, answer] of [
  ['slow', () => {}],
  ['sending garbage without end', (_: unknown, response: ServerResponse) => flood(response)],
  ['refusing', (_: unknown, response: ServerResponse) => void response.writeHead(500).end()],
] as const) {
  t.test(`TEL-05: a collector ${what} costs its callers nothing, and what is dropped is counted`, async t => {
    const collector = await listen(t, answer)
    const { telemetry } = open(t, { collector })
    const before = measureKept()
    for (let n = 0; n < 20_000; n++) telemetry.startSpan('gateway.stream', { attributes: { app: 'mail' } }).end()
    await eventually('drops are counted', async () => /dropped="queue-full"\} 1\d{4}/.test(await telemetry.metrics()))
    await eventually('and failures', async () => /dropped="collector"\} \d/.test(await telemetry.metrics()))
    t.ok(measureKept() - before < 64e6, 'the queue is bounded')
  })
}

function flood(response: ServerResponse): void {
  const write = (): void => {
    while (!response.destroyed && response.write('\u0000garbage'.repeat(1000)));
  }
  response.on('drain', write)
  write()
}

t.test('TEL-02: a remote collector is refused, or reached by its name through the given dialer only', async t => {
  t.throws(() => open(t, { collector: 'https://otel.example' }), { code: 'TEL_COLLECTOR_REMOTE' })
  t.throws(() => open(t, { collector: 'http://otel.example' }), { code: 'TEL_COLLECTOR_INVALID' })
  const dialed: unknown[] = []
  const exit = createTcpServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
  })
  exit.listen(0, '127.0.0.1')
  await once(exit, 'listening')
  t.teardown(() => exit.close())
  const onion = `${'a'.repeat(56)}.onion`
  const { telemetry } = open(t, {
    collector: `http://${onion}/v1/traces`,
    collectorDeadlines: PATIENT,
    dialThroughTor: async ({ host, port, tls }) => {
      dialed.push([host, port, tls])
      return connect((exit.address() as AddressInfo).port, '127.0.0.1')
    },
  })
  telemetry.startSpan('clock.measure').end({ outcome: 'ok' })
  await telemetry.close()
  t.same(dialed, [[onion, 4318, false]])
  t.notMatch(await telemetry.metrics(), /dropped="collector"/)
  const failing = open(t, {
    collector: 'https://otel.example',
    dialThroughTor: () => Promise.reject(new Error('no tor')),
  })
  failing.telemetry.startSpan('clock.measure').end({ outcome: 'ok' })
  await eventually('counted', async () => /dropped="collector"\} 1/.test(await failing.telemetry.metrics()))
})
