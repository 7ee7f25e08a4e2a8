import { once } from 'node:events'
import { chmod, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { GatewayStatus } from '@cordon/shared/contracts'
import t, { type Test } from 'tap'
import { EventHub } from '../../src/edge/event-hub.ts'
import { findFreePorts } from '../../src/edge/free-ports.ts'
import { GatewayUnderTest, until } from '../gateway-under-test.ts'

const APPS = 'apps: { mail: {} }\n'

/** A port as the gateway itself finds one: outside the kernel's range, whose ports any connection may take meanwhile. */
async function freePort(): Promise<number> {
  const [port] = await findFreePorts(1, new Set())
  if (port === undefined) throw new Error('no port is free')
  return port
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** A gateway that listens on TCP too. */
async function openDoors(t: Test) {
  const port = await freePort()
  const gateway = await GatewayUnderTest.open(t, `${APPS}admin: { port: ${port} }\n`)
  const tokenFile = join(gateway.directory, 'state', 'admin-token')
  const token = (await readFile(tokenFile, 'utf8')).trim()
  const authorization = `Bearer ${token}`
  const ask = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
    where: object = { host: '127.0.0.1', port },
  ): Promise<Answer> =>
    await new Promise((resolve, reject) => {
      const asked = httpRequest({ ...where, method, path, headers, agent: false }, response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      asked.on('error', reject).end(body)
    })
  const epoch = async (): Promise<number> => {
    const { body } = await gateway.api('GET', '/v1/apps')
    return (body as { apps: { nymEpoch: number }[] }).apps[0]?.nymEpoch ?? -1
  }
  return { gateway, port, tokenFile, authorization, ask, epoch }
}

t.test(
  'CTL-01 on TCP the API is for who has the token: missing and wrong are refused, and soon not looked at',
  async t => {
    const { tokenFile, authorization, ask, gateway } = await openDoors(t)
    t.equal((await lstat(tokenFile)).mode & 0o777, 0o600)
    t.match(await ask('GET', '/v1/health', { authorization }), { status: 200 })
    const wrong = [{}, { authorization: 'Bearer x' }, { authorization: authorization.slice(0, -1) }]
    for (const headers of wrong) t.match(await ask('GET', '/v1/health', headers), { status: 401 })
    t.match(await ask('GET', '/v1/health', { authorization }), { status: 200 }, 'a person may mistype')
    // Once more from the start if the first are forgotten before the last is asked.
    await until('who has it not to be looked at, for a while', async () => {
      for (let n = 0; n < 5; n++) await ask('GET', `/v1/health?token=${authorization.slice(7)}`)
      return (await ask('GET', '/v1/health', { authorization })).status === 429
    })
    t.match(await gateway.api('GET', '/v1/health'), { status: 200 }, 'the private socket is not affected')
  },
)

t.test('CTL-01 the token is kept, and one that others could have read or put there is refused', async t => {
  const { gateway, tokenFile } = await openDoors(t)
  const before = await readFile(tokenFile, 'utf8')
  await gateway.stop()
  await gateway.start()
  t.equal(await readFile(tokenFile, 'utf8'), before)
  await gateway.stop()
  await chmod(tokenFile, 0o644)
  await t.rejects(gateway.start(), { code: 'CFG_UNREADABLE' })
  await rm(tokenFile)
  await writeFile(join(gateway.directory, 'elsewhere'), before, { mode: 0o600 })
  await symlink(join(gateway.directory, 'elsewhere'), tokenFile)
  await t.rejects(gateway.start(), { code: 'CFG_UNREADABLE' })
})

t.test('CTL-02 what a web page can send is refused, on both doors, and does nothing', async t => {
  const { gateway, port, authorization, ask, epoch } = await openDoors(t)
  const json = { 'content-type': 'application/json' }
  const renew = async (headers: Record<string, string>, body?: string, where?: object): Promise<Answer> =>
    await ask('POST', '/v1/apps/mail/renew', { authorization, ...headers }, body, where)
  const unix = { socketPath: gateway.layout.gatewaySocket }
  const requests: Readonly<Record<string, [Record<string, string>, string?]>> = {
    'a foreign Origin': [{ ...json, origin: 'http://evil.example' }],
    'no Origin to speak of': [{ ...json, origin: 'null' }],
    'our own Origin': [{ ...json, origin: `http://127.0.0.1:${port}` }],
    'text that needs no preflight': [{ 'content-type': 'text/plain' }, '{}'],
    'a form': [{ 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
    'an upgrade': [{ ...json, connection: 'upgrade', upgrade: 'websocket' }],
  }
  for (const [name, [headers, body]] of Object.entries(requests)) {
    t.match(await renew(headers, body), { status: 403 }, name)
    t.match(await renew(headers, body, unix), { status: 403 }, `${name}, on the socket`)
  }
  t.match(await renew({}), { status: 403 }, 'a write that does not say what it is')
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1.evil.example:${port}`,
    '127.0.0.1:1',
  ])
    t.match(await renew({ ...json, host }), { status: 403 }, `rebinding: ${host}`)
  t.equal(await epoch(), 0, 'nothing has happened')
  t.match(await renew(json, '{}'), { status: 200 }, 'and it does work')
  t.match(await renew({ ...json, host: `localhost:${port}` }), { status: 200 })
  t.equal(await epoch(), 2)
})

t.test('CTL-10 names that are paths, options or commands are refused as names', async t => {
  const { gateway } = await openDoors(t)
  for (const id of ['../x', '-rf', ';id', '$(id)', 'a\nb', 'x'.repeat(10_240)]) {
    t.match(await gateway.api('POST', '/v1/apps', { id, settings: {} }), { status: 400 }, id.slice(0, 10))
    const path = `/v1/apps/${encodeURIComponent(id)}/renew`
    t.ok([400, 404, 414].includes((await gateway.api('POST', path)).status), `renew ${id.slice(0, 10)}`)
  }
})

t.test(
  'CTL-11 with umask 000 everything is private from the first instant, and a link in the way is refused',
  async t => {
    const umask = process.umask(0)
    t.teardown(() => process.umask(umask))
    const { gateway, tokenFile } = await openDoors(t)
    const mode = async (path: string): Promise<string> => ((await lstat(path)).mode & 0o777).toString(8)
    t.equal(await mode(gateway.layout.gatewaySocket), '600')
    t.equal(await mode(tokenFile), '600')
    t.equal(await mode(gateway.layout.directory), '700')
    t.equal(await mode(join(gateway.directory, 'state')), '700')
    await gateway.stop()
    await rm(gateway.layout.gatewaySocket, { force: true })
    await symlink(join(gateway.directory, 'trap.sock'), gateway.layout.gatewaySocket)
    await t.rejects(gateway.start(), { code: 'HOST_SOCKET_UNUSABLE' })
    await rm(gateway.layout.gatewaySocket)
    await mkdir(gateway.layout.gatewaySocket)
    await t.rejects(gateway.start(), { code: 'HOST_SOCKET_UNUSABLE' })
    await rm(gateway.layout.gatewaySocket, { recursive: true })
  },
)

t.test('CTL-12 what is no HTTP of ours is answered with an error and closed, and logged in one line', async t => {
  const { gateway } = await openDoors(t)
  const refusals = (): number =>
    [...gateway.telemetry.lines()].filter(({ key }) => key === 'gateway.admin.refused').length
  const cases: Readonly<Record<string, string>> = {
    'a bad method': 'XYZZY / HTTP/1.1\r\nhost: x\r\n\r\n',
    'tor’s control protocol': 'AUTHENTICATE\r\n',
    'oversize headers': `GET /v1/health HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(9000)}\r\n\r\n`,
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const before = refusals()
    const client = connect({ path: gateway.layout.gatewaySocket })
    let heard = ''
    client.on('data', chunk => {
      heard += chunk
    })
    client.on('error', () => {}).write(bytes)
    await new Promise(resolve => client.once('close', resolve))
    t.match(heard, /^HTTP\/1\.1 4\d\d /, name)
    t.equal(refusals(), before + 1, `${name}: one line`)
  }
})

t.test('the API describes itself, from the schemas it answers by', async t => {
  const { gateway } = await openDoors(t)
  const { body } = await gateway.api('GET', '/v1/openapi.json')
  const { openapi, paths } = body as { openapi: string; paths: Record<string, object> }
  t.match(openapi, /^3\.1/)
  for (const path of ['/v1/apps', '/v1/apps/{id}/renew', '/v1/circuits', '/v1/streams', '/v1/audit', '/v1/events'])
    t.ok(path in paths, path)
  for (const [path, actions] of Object.entries(paths))
    for (const [method, action] of Object.entries(actions))
      t.match(action, { summary: /\.$/, responses: { default: {} } }, `${method} ${path}`)
  t.match(paths['/v1/apps/{id}'], { delete: { responses: { 204: {} } } })
  t.match(paths['/v1/events'], { get: { responses: { 200: { content: { 'text/event-stream': {} } } } } })
  t.match(paths['/v1/audit'], { get: { responses: { '2XX': { content: { 'application/json': { schema: {} } } } } } })
})

t.test('a change of admin.port is followed; one that is taken is told, and the old one stays', async t => {
  const { gateway, port, authorization, ask } = await openDoors(t)
  const answersAt = async (at: number): Promise<boolean> =>
    await ask('GET', '/v1/health', { authorization }, undefined, { host: '127.0.0.1', port: at }).then(
      ({ status }) => status === 200,
      () => false,
    )
  const trouble = async (): Promise<string | null> => {
    const { body } = await gateway.api('GET', '/v1/status')
    return (body as GatewayStatus).configurationTrouble
  }
  const busy = await freePort()
  const taken = createServer().listen(busy, '127.0.0.1')
  await once(taken, 'listening')
  await gateway.configure(`${APPS}admin: { port: ${busy} }\n`)
  gateway.reload()
  t.match(await until('the trouble', async () => (await trouble()) ?? undefined), `admin.port ${busy} cannot be opened`)
  t.ok(await answersAt(port), 'the old one stays')
  taken.close()
  await once(taken, 'close')
  gateway.reload()
  await until('the new one', () => answersAt(busy))
  await until('the end of the old one', async () => !(await answersAt(port)))
  await until('no trouble', async () => (await trouble()) === null)
  await gateway.configure(APPS)
  gateway.reload()
  await until('no door at all', async () => !(await answersAt(busy)))
  t.equal((await gateway.api('GET', '/v1/health')).status, 200, 'the AF_UNIX socket is as before')
})

t.test('events are told to who listens, and a listener that does not read is cut', async t => {
  const { gateway, port, authorization } = await openDoors(t)
  let heard = ''
  const asked = httpRequest({ host: '127.0.0.1', port, path: '/v1/events', headers: { authorization } }, response => {
    t.match(response.headers, { 'content-type': 'text/event-stream' })
    response.on('data', chunk => {
      heard += chunk
    })
    response.on('error', () => {})
  })
  asked.on('error', () => {}).end()
  await until('the stream', () => heard.includes(': cordon'))
  await gateway.api('POST', '/v1/apps/mail/renew')
  await until('the renewal', () => /event: renewed\ndata: \{.*"id":"mail","nymEpoch":1\}\n\n/.test(heard))
  asked.destroy()
  const endless = await new Promise<number | undefined>(resolve => {
    const head = { host: '127.0.0.1', port, path: '/v1/events', method: 'HEAD', headers: { authorization } }
    httpRequest(head, ({ statusCode }) => resolve(statusCode)).end()
  })
  t.equal(endless, 404, 'a HEAD of what never ends is not begun')

  const hub = new EventHub()
  const server = createServer((_request, response) => void hub.add(response))
  const path = join(gateway.directory, 'hub.sock')
  server.listen(path)
  t.teardown(() => server.close())
  const slow = connect({ path }).on('error', () => {})
  slow.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  slow.pause()
  await until('the listener', () => hub.listeners === 1)
  const event = { type: 'apps', ids: ['x'.repeat(10_000)] } as const
  await until('the cut', () => {
    hub.publish({ ...event, ids: [...event.ids] })
    return hub.listeners === 0
  })
  slow.destroy()
})
