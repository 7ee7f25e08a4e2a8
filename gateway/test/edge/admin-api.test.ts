import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { GatewayClock } from '@cordon/shared/contracts'
import t from 'tap'
import { openScriptedControlPort } from '../../../shared/test/runtime/edge/scripted-control-port.ts'
import { ask, Client, GatewayUnderTest, reply, until } from '../gateway-under-test.ts'

const APPS = 'apps: { mail: {}, chat: {} }\n'

t.test('TEL-04 spans, lines and metrics say which app and how it went, and nothing of where to or as whom', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  for (const app of ['mail', 'chat']) {
    const client = new Client({ port: await gateway.portOf(app) })
    t.equal(
      await client.send(ask('echo.example', { user: 'alice', password: 'secret' })).take(4 + 10),
      `05020100${reply(0)}`,
    )
    client.socket.destroy()
    await new Client({ port: await gateway.portOf(app) }).send(ask('localhost')).rest()
    await new Client({ port: await gateway.portOf(app) }).send(ask('code-f6.example')).rest()
  }
  const { body: traced } = await gateway.api('GET', '/v1/spans')
  const { spans } = traced as {
    spans: { name: string; attributes: { app?: string; outcome?: string; reply?: number } }[]
  }
  const streams = spans.filter(({ name }) => name === 'gateway.stream').map(({ attributes }) => attributes)
  t.equal(streams.length, 6)
  t.match(streams[0], { app: 'mail', protocol: 'socks5', outcome: 'ok', reply: 0 })
  t.match(streams[1], { outcome: 'refused', reply: 2 })
  t.match(streams[2], { outcome: 'refused', reply: 4 }, 'not tor’s own code, which would tell of an onion service')
  const metrics = await gateway.text('/v1/metrics')
  t.match(metrics, /cordon_streams_opened_total\{[^}]*app="mail"[^}]*outcome="ok"[^}]*\} 1/)
  const { body: lines } = await gateway.api('GET', '/v1/logs')
  const everything = `${JSON.stringify(traced)}${JSON.stringify(lines)}${metrics}`
  const tags = gateway.tor.asked.flatMap(({ user, password }) => [user, password])
  for (const secret of ['example', 'localhost', 'alice', 'secret', ...tags]) {
    t.notOk(everything.includes(secret), `${secret.slice(0, 12)} is said nowhere`)
  }
})

t.test('a trace goes on from the command into the gateway', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
  t.match(await gateway.api('POST', '/v1/apps/mail/renew', undefined, headers), { status: 200 })
  const { body } = await gateway.api('GET', '/v1/spans')
  const { spans } = body as { spans: { name: string; traceId: string }[] }
  t.match(
    spans.filter(({ name }) => name === 'gateway.renew'),
    [{ traceId }],
  )
})

t.test('the registry by the API: added, refused with reason, removed', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const add = (id: string, settings: object) => gateway.api('POST', '/v1/apps', { id, settings })
  t.match(await add('news', { isolate: 'host' }), {
    status: 201,
    body: { id: 'news', isolate: 'host', declaredIn: 'registry' },
  })
  t.match(await add('news', {}), { status: 409, body: { code: 'GW_APP_EXISTS' } })
  t.match(
    await add('inside', { dns: { resolver: 'tls://192.168.1.1' } }),
    { status: 400, body: { code: 'GW_REQUEST_INVALID', message: /^apps\.inside\.dns\.resolver / } },
    'the laws of the configuration hold for what is added, too',
  )
  for (const id of ['../x', '-a', '', 'A', 'a\nb', 'x'.repeat(33)]) {
    t.match(await add(id, {}), { status: 400, body: { code: 'GW_REQUEST_INVALID' } }, JSON.stringify(id))
  }
  t.match(await add('x', { isolate: 'never' }), { status: 400 })
  t.match(await add('x', { unknown: 1 }), { status: 400 })
  t.match(await gateway.api('DELETE', '/v1/apps/mail'), { status: 409, body: { code: 'GW_APP_CONFIGURED' } })
  t.match(await gateway.api('DELETE', '/v1/apps/nobody'), { status: 404, body: { code: 'GW_APP_UNKNOWN' } })
  t.match(await gateway.api('POST', '/v1/apps/nobody/renew'), { status: 404 })
  const port = await gateway.portOf('news')
  const held = new Client({ port }).send(ask('echo.example'))
  await held.take(12)
  t.match(await gateway.api('DELETE', '/v1/apps/news'), { status: 204 })
  await held.gone()
  t.match(await gateway.api('GET', '/nothing'), { status: 404 })
  await gateway.stop()
  await gateway.start()
  await t.rejects(gateway.portOf('news'), { message: 'no app news' })
})

t.test(
  'Cordon’s own apps always exist, on AF_UNIX alone, apart from every other, and are nobody’s to change',
  async t => {
    const gateway = await GatewayUnderTest.open(t, APPS)
    const list = async () => (await gateway.api('GET', '/v1/apps')).body as { apps: { id: string; own: boolean }[] }
    t.match(
      (await list()).apps.filter(({ own }) => own),
      ['cordon-clock', 'cordon-updates', 'cordon-telemetry'].map(id => ({ id, port: null, declaredIn: 'cordon' })),
    )
    const add = (id: string) => gateway.api('POST', '/v1/apps', { id, settings: {} })
    for (const id of ['cordon-clock', 'cordon-x']) {
      t.match(await add(id), { status: 409, body: { code: 'GW_APP_RESERVED' } })
    }
    await gateway.api('POST', '/v1/apps', { id: 'late', settings: {} })
    t.same(
      (await list()).apps.map(({ own }) => own),
      [false, false, false, true, true, true],
      'below the apps of the user, also those that were added later',
    )
    t.match(await gateway.api('DELETE', '/v1/apps/cordon-clock'), { status: 409, body: { code: 'GW_APP_RESERVED' } })
    const path = gateway.layout.appSocket('cordon-clock' as never)
    t.ok(existsSync(path))
    const fetch = async (where: { path: string } | { port: number }, user?: string) => {
      const sent = user === undefined ? ask('echo.example') : ask('echo.example', { user, password: 'x' })
      const client = new Client(where)
      t.teardown(() => client.socket.destroy())
      t.match(await client.send(sent).take(user === undefined ? 12 : 14), /05000001000000000000$/)
      const { user: tag, password } = gateway.tor.asked.at(-1) ?? {}
      return { tag, password }
    }
    const mail = await fetch({ port: await gateway.portOf('mail') })
    const [one, other, again] = [await fetch({ path }, 'a'), await fetch({ path }, 'b'), await fetch({ path }, 'a')]
    t.equal(one.tag, other.tag)
    t.not(one.tag, mail.tag)
    t.not(one.password, other.password, 'the credentials of a caller are an identity of its own')
    t.same(again, one)
    t.match(await gateway.api('POST', '/v1/apps/cordon-clock/renew'), { status: 200, body: { streamsClosed: 3 } })
    t.not((await fetch({ path }, 'a')).password, one.password)
    await new Client({ path }).send(ask('192.168.1.1')).rest()
    t.equal(await new Client({ path }).send(ask('192.168.1.1')).rest(), `0500${reply(2)}`, 'the refusals hold for all')
  },
)

t.test(
  'TOR-07 a tor that reports skew or has a stale consensus: the clock is told, and who holds is refused',
  async t => {
    const gateway = await GatewayUnderTest.open(t, 'apps: { mail: { hold: clock } }\n')
    const tor = await openScriptedControlPort(join(gateway.tor.directory, 'control.sock'), command => {
      if (command.startsWith('GETINFO consensus')) {
        return '250-consensus/valid-after=2026-01-01 00:00:00\r\n250-consensus/valid-until=2026-01-01 03:00:00\r\n250 OK\r\n'
      }
      if (!command.startsWith('GETINFO circuit-status stream-status')) return '250 OK\r\n'
      const bootstrap = '250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"\r\n'
      const more = command.includes('bootstrap') ? `${bootstrap}250-status/circuit-established=1\r\n` : ''
      return `250-circuit-status=\r\n250-stream-status=\r\n${more}250 OK\r\n`
    })
    t.teardown(() => tor.close())
    const view = async () => (await gateway.api('GET', '/v1/clock')).body as GatewayClock
    await until('the state of tor', async () => (await view()).circuitEstablished)
    const consensus = { validAfter: '2026-01-01T00:00:00.000Z', validUntil: '2026-01-01T03:00:00.000Z' }
    t.same(await view(), { state: 'untrusted', circuitEstablished: true, skewReports: 0, consensus })
    tor.say('650 STATUS_GENERAL WARN CLOCK_SKEW SKEW=-7200 SOURCE=OR:192.0.2.9:443\r\n')
    await until('the report', async () => (await view()).skewReports === 1)
    const client = new Client({ port: await gateway.portOf('mail') }).send(ask('echo.example'))
    t.equal((await client.take(12)).slice(4), reply(1), 'refused by the gateway')
    client.socket.destroy()
    t.equal(gateway.tor.asked.length, 0, 'and tor was not asked')
    await gateway.api('PUT', '/v1/clock', { state: 'trusted' })
    tor.say('650 STATUS_GENERAL WARN CLOCK_SKEW SKEW=7200 SOURCE=OR:192.0.2.9:443\r\n')
    await until('the next report', async () => (await view()).skewReports === 2)
    t.match(await view(), { state: 'trusted' }, 'what was measured holds against the word of a peer')
  },
)

t.test('ENF-14 an app that holds for the clock gets nothing through until the clock is trusted', async t => {
  const gateway = await GatewayUnderTest.open(t, 'apps: { mail: { hold: clock }, chat: {} }\n')
  const waits = async () => {
    const { apps } = (await gateway.api('GET', '/v1/apps')).body as { apps: { id: string; waitsFor: string | null }[] }
    return apps.find(({ id }) => id === 'mail')?.waitsFor
  }
  const tell = (state: string) => gateway.api('PUT', '/v1/clock', { state })
  const fetch = async (app: string) => {
    const client = new Client({ port: await gateway.portOf(app) }).send(ask('echo.example'))
    const heard = await client.take(12)
    client.socket.destroy()
    return heard.slice(4)
  }
  t.equal(await fetch('mail'), reply(1), 'unknown means no')
  t.equal(gateway.tor.connections, 0, 'and tor was not asked')
  t.equal(await fetch('chat'), reply(0), 'who does not hold is not held')
  t.equal(await waits(), 'clock')
  for (const [state, code, waitsFor] of [
    ['trusted', 0, null],
    ['stale', 0, null],
    ['untrusted', 1, 'clock'],
    ['stale', 0, null],
  ] as const) {
    t.match(await tell(state), { status: 204 })
    t.equal(await fetch('mail'), reply(code), state)
    t.equal(await waits(), waitsFor)
    t.match((await gateway.api('GET', '/v1/status')).body, { clock: { state } })
  }
  t.match(await tell('right'), { status: 400 })
  t.match((await gateway.api('GET', '/v1/status')).body, { clock: { state: 'stale' } })
  await gateway.stop()
  await gateway.start()
  t.equal(await fetch('mail'), reply(1), 'a new gateway knows nothing of the clock')
})

t.test('services that do not run: no port for names, and no app that would wait for ever', async t => {
  const gateway = await GatewayUnderTest.open(t, `services: []\n${APPS}`)
  const { body } = await gateway.api('GET', '/v1/apps')
  t.match((body as { apps: object[] }).apps[0], { id: 'mail', dnsPort: null, dnsTrouble: null })
  t.match(await gateway.api('POST', '/v1/apps', { id: 'bank', settings: { hold: 'clock' } }), {
    status: 400,
    body: {
      code: 'GW_REQUEST_INVALID',
      message: 'apps.bank.hold is not allowed',
      next: /none, or clock with clock in services/,
    },
  })
  await t.rejects(gateway.portOf('bank'), { message: 'no app bank' })
})
