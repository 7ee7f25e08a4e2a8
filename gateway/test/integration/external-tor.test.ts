import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Audit, type Circuits, type GatewayStatus, layOutRuntime } from '@cordon/shared/contracts'
import type { SocksCredentials } from '@cordon/shared/isolation'
import { openControlConnection, readConfiguration } from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { getConf, parseGetConf, setConf } from '@cordon/shared/tor-control'
import t, { type Test } from 'tap'
import { Agent, request } from 'undici'
import { CordonUnderTest, run } from '../../../deploy/dev/cordon-under-test.ts'
import { prepareRedis } from '../../../shared/test/queue/redis-under-test.ts'
import { until } from '../../../shared/test/until.ts'
import { Gateway } from '../../src/edge/gateway.ts'
import type { Faults } from '../../src/edge/session.ts'
import { ask as askFor, Client } from '../gateway-under-test.ts'

t.setTimeout(300_000)

/** A whole Cordon lends its tor: for a gateway of this process that is a tor which somebody else runs. */
const lender = await CordonUnderTest.start()
t.teardown(() => lender.close())
const torDirectory = join(lender.directory, 'r', 'tor')

/** The control socket of the lent tor behind a door that can be shut: connections through it are cut. */
class Door {
  readonly path: string
  readonly #open = new Set<Socket>()
  #shut = false

  constructor(path: string, target: string) {
    this.path = path
    const server = createServer(near => {
      const far = connect({ path: target })
      for (const socket of [near, far]) {
        this.#open.add(socket)
        socket.on('error', () => {}).on('close', () => this.#open.delete(socket))
      }
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
      if (this.#shut) near.destroy()
      else near.pipe(far).pipe(near)
    })
    server.listen(path)
    server.unref()
  }

  shut(): void {
    this.#shut = true
    for (const socket of this.#open) socket.destroy()
  }

  open(): void {
    this.#shut = false
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'cordon-ext-'))
t.teardown(() => rm(scratch, { recursive: true, force: true }))
const door = new Door(join(scratch, 'door.sock'), join(torDirectory, 'control.sock'))
const layout = layOutRuntime(join(scratch, 'run'))
const agent = new Agent({ connect: { socketPath: layout.gatewaySocket } })
t.teardown(() => agent.close())
const redis = await prepareRedis(t)
const configuration = `apps: { mail: {}, chat: {} }
redis: { socket: '${redis.socket}' }
tor:
  external: { control: 'unix:${door.path}', socks: 'unix:${join(torDirectory, 'socks.sock')}' }
`
const configurationFile = join(scratch, 'cordon.yaml')
await writeFile(configurationFile, configuration)

async function open(faults: Faults = {}): Promise<Gateway> {
  const gateway = await Gateway.open({
    configurationFile,
    configuration: await readConfiguration(configurationFile),
    stateDirectory: join(scratch, 'state'),
    layout,
    telemetry: openTelemetry({ part: 'gateway', strict: true }),
    faults,
  })
  await until('the gateway to know tor', async () => (await ask<GatewayStatus>('/v1/status')).tor.progress === 100)
  return gateway
}

async function ask<T>(path: string, method: 'GET' | 'POST' = 'GET'): Promise<T> {
  return (await (await request(`http://cordon${path}`, { method, dispatcher: agent })).body.json()) as T
}

async function fetchBy(app: string): Promise<void> {
  const port = (await ask<GatewayStatus>('/v1/status')).apps.find(({ id }) => id === app)?.port
  const { status, stderr } = await run('curl', [
    '-sS',
    '-m',
    '40',
    '-x',
    `socks5h://127.0.0.1:${port}`,
    'http://check.example/',
  ])
  if (status !== 0) throw new Error(stderr)
}

/** Open a stream of an app to a site that says what it hears, and leave it open. */
async function hold(app: string): Promise<Client> {
  const port = (await ask<GatewayStatus>('/v1/status')).apps.find(({ id }) => id === app)?.port ?? 0
  const client = new Client({ port }).send(askFor('echo.example', { port: 7 }))
  await client.take(12)
  return client
}

async function circuitIds(app: string): Promise<string[]> {
  const { apps } = await ask<Circuits>(`/v1/circuits?app=${app}`)
  return (apps[0]?.circuits ?? []).map(({ id }) => id)
}

t.test('a restart of Cordon on a tor that runs on shares nothing with what came before', async t => {
  const first = await open()
  await fetchBy('mail')
  const before = await circuitIds('mail')
  await first.close()
  const second = await open()
  t.teardown(() => second.close())
  t.same(await circuitIds('mail'), [], 'the old circuits, still open at tor, are nobody’s')
  await fetchBy('mail')
  const after = await circuitIds('mail')
  t.ok(before.length > 0 && after.length > 0)
  t.same(
    after.filter(id => before.includes(id)),
    [],
  )
})

t.test(
  'TOR-03 the control connection is lost and comes back: streams go on, the view is whole again, and a renewal is made up for',
  async t => {
    const gateway = await open()
    t.teardown(() => gateway.close())
    await fetchBy('mail')
    await fetchBy('chat')
    const [mail, chat] = [await circuitIds('mail'), await circuitIds('chat')]
    t.ok(mail.length > 0 && chat.length > 0)
    door.shut()
    t.teardown(() => door.open())
    await until('the loss to be seen', async () => (await ask<GatewayStatus>('/v1/status')).state === 'degraded')
    t.same(await circuitIds('mail'), [], 'what is not known is not claimed')
    await fetchBy('mail')
    t.match(await ask('/v1/apps/mail/renew', 'POST'), { nymEpoch: 1, circuitsClosed: 0 })
    door.open()
    await until('the view to be whole again', async () => (await ask<GatewayStatus>('/v1/status')).state === 'ready')
    // What they carried while nobody listened is not known: nothing is put on them again.
    for (const app of ['mail', 'chat'])
      await until('the circuits of before to be closed', async () => (await circuitIds(app)).length === 0)
    t.ok(chat.length > 0)
    await fetchBy('mail')
    t.same(
      (await circuitIds('mail')).filter(id => mail.includes(id)),
      [],
    )
  },
)

t.test(
  'TOR-06 isolation is claimed when tor has been looked at, and no longer as soon as somebody changes its configuration',
  async t => {
    const gateway = await open()
    t.teardown(() => gateway.close())
    const audit = async (): Promise<GatewayStatus['audit']> => (await ask<GatewayStatus>('/v1/status')).audit
    await until('the first look, without Redis', async () => (await audit()).verdict === 'held')
    const control = await openControlConnection({
      socketPath: join(torDirectory, 'control.sock'),
      onEvent: () => {},
      onClose: () => {},
    })
    t.teardown(() => control.close())
    for (const [option, bad] of [
      ['SafeLogging', '0'],
      ['ClientRejectInternalAddresses', '0'],
    ] as const) {
      t.equal((await control.send(setConf([[option, bad]]))).status, 250)
      await until('the drift', async () => (await audit()).drift.length > 0)
      t.same(await audit(), { verdict: 'unknown', drift: [`${option} is not 1`] })
      t.equal((await control.send(setConf([[option, '1']]))).status, 250)
      await until('what was mended to be seen', async () => (await audit()).verdict === 'held')
    }
    door.shut()
    await until('the loss to be seen', async () => (await audit()).verdict === 'unknown')
    door.open()
    await until('it to be held again', async () => (await audit()).verdict === 'held')
  },
)

/** Let a gateway dial a SocksPort of the lent tor that keeps nobody apart, and give the tor back as it was. */
async function loosen(t: Test): Promise<void> {
  const loose = join(scratch, 'loose.sock')
  const control = await openControlConnection({
    socketPath: join(torDirectory, 'control.sock'),
    onEvent: () => {},
    onClose: () => {},
  })
  const before = parseGetConf(await control.send(getConf(['SocksPort'])))
  if ('why' in before) throw new Error(before.why)
  const ports = before.map(({ key, value }) => [key, value?.reveal()] as const)
  t.teardown(async () => {
    await control.send(setConf(ports))
    control.close()
    const configurationFile = join(scratch, 'cordon.yaml')
    await writeFile(configurationFile, configuration)
  })
  const more = ['SocksPort', `unix:${loose} NoIsolateSOCKSAuth`] as const
  t.equal((await control.send(setConf([...ports, more]))).status, 250)
  await writeFile(join(scratch, 'cordon.yaml'), configuration.replace(join(torDirectory, 'socks.sock'), loose))
}

t.test('anti-test: a tor that keeps nobody apart gets nothing, and that is a breach', async t => {
  await loosen(t)
  const gateway = await open()
  t.teardown(() => gateway.close())
  const audit = async (): Promise<Audit> => await ask<Audit>('/v1/audit')
  await until('the breach', async () => (await audit()).verdict === 'breached')
  t.match(await audit(), { violations: [{ kind: 'not-isolating', apps: [] }] })
  await t.rejects(fetchBy('mail'), /\(97\)/, 'curl: refused by the SOCKS port')
})

t.test('anti-test: two apps on one circuit are seen, closed and reported with the first event', async t => {
  await loosen(t)
  const gateway = await open({ serveWhatever: true })
  t.teardown(() => gateway.close())
  let own: readonly string[] = []
  // Which of its circuits tor takes is its own choice: nothing keeps the two apart, and nothing makes them meet.
  const shared = await until('both on one circuit', async () => {
    await fetchBy('mail').catch(() => {})
    own = await circuitIds('mail')
    await fetchBy('chat').catch(() => {}) // its circuit is closed under it
    const { violations } = await ask<Audit>('/v1/audit')
    return violations.find(({ kind }) => kind === 'shared')
  })
  t.match(shared, { apps: ['chat', 'mail'] })
  await until('the circuit to be closed', async () => !(await circuitIds('mail')).some(id => own.includes(id)))
})

t.test(
  'anti-test: a gateway that sends the credentials of one app for another is seen with the first event',
  async t => {
    let first: SocksCredentials | undefined
    const gateway = await open({
      sendAs: credentials => {
        first ??= credentials
        return first
      },
    })
    t.teardown(() => gateway.close())
    await fetchBy('mail')
    t.match(await ask('/v1/audit'), { violations: [] })
    await fetchBy('chat').catch(() => {})
    await until('the breach', async () => (await ask<Audit>('/v1/audit')).verdict === 'breached')
    t.match(await ask('/v1/audit'), { violations: [{ kind: 'foreign-stream', apps: ['mail'] }] })
  },
)

t.test('renewal of A, B, A within two seconds: each is effective, and B is untouched by A', async t => {
  const gateway = await open()
  t.teardown(() => gateway.close())
  for (const app of ['mail', 'chat']) await fetchBy(app)
  const seen: Record<string, string[]> = { mail: await circuitIds('mail'), chat: await circuitIds('chat') }
  for (const [app, other] of [
    ['mail', 'chat'],
    ['chat', 'mail'],
    ['mail', 'chat'],
  ] as const) {
    const untouched = await hold(other)
    await ask(`/v1/apps/${app}/renew`, 'POST')
    await fetchBy(app)
    const now = await circuitIds(app)
    t.ok(now.length > 0, `${app} has circuits`)
    t.same(
      now.filter(id => seen[app]?.includes(id)),
      [],
      `${app} has none that it had before`,
    )
    untouched.send('still here')
    t.equal(await untouched.take(10), Buffer.from('still here').toString('hex'), `${other} keeps its stream`)
    untouched.socket.destroy()
    seen[app]?.push(...now)
  }
  t.match(await ask('/v1/audit'), { verdict: 'held', violations: [] })
})
