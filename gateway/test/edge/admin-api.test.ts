import t from 'tap'
import { ask, Client, GatewayUnderTest, reply } from '../gateway-under-test.ts'

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
