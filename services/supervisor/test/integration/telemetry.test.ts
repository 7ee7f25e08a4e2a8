import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import { OWN_APPS } from '@cordon/shared/contracts'
import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import type { SpanRecord } from '@cordon/shared/telemetry'
import t from 'tap'
import { ask } from '../../src/edge/api-client.ts'
import { Cordon, fetchThrough, openLab, until } from './cordon.ts'

t.setTimeout(300_000)
const lab = await openLab()
t.teardown(() => lab.close())

/** The bulk site takes whatever is posted to it. */
const COLLECTOR = 'https://bulk.example/v1/traces'

/** Start a Cordon with one app, and let that app have a page. */
async function open(t: { teardown(end: () => Promise<void>): void }, telemetry?: object): Promise<Cordon> {
  const cordon = await Cordon.create(
    JSON.stringify({ services: [], apps: { mail: {} }, ...(telemetry && { telemetry }) }),
  )
  t.teardown(() => cordon.close())
  const { status, err } = await cordon.run('up', '--lab', '--lab-dir', lab.directory, '--detach')
  if (status !== 0) throw new Error(err)
  const { port } = (await cordon.json('apps')).apps[0]
  await until('a page', async () => (await fetchThrough(port)).status === 0)
  return cordon
}

/** How many spans the gateway dropped because of its collector. */
async function dropped(cordon: Cordon): Promise<number> {
  const socket = layOutRuntime(cordon.runtimeDirectory).gatewaySocket
  const { value } = await askApi(socket, { method: 'GET', path: '/v1/metrics' })
  return Number(/dropped="collector"\} ([0-9]+)/.exec(String(value))?.[1] ?? 0)
}

/** The remote ends of the IP sockets that a process has, as the kernel writes them. */
function remoteEnds(pid: number): readonly string[] {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map(fd => inodeOf(`/proc/${pid}/fd/${fd}`)))
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap(table =>
    readFileSync(`/proc/${pid}/net/${table}`, 'latin1')
      .split('\n')
      .slice(1)
      .map(line => line.trim().split(/\s+/))
      .filter(({ 9: inode }) => inode !== undefined && inodes.has(inode))
      .map(columns => columns[2]?.split(':')[0] ?? ''),
  )
}

function inodeOf(descriptor: string): string | undefined {
  try {
    return /^socket:\[([0-9]+)\]$/.exec(readlinkSync(descriptor))?.[1]
  } catch {
    return undefined // closed meanwhile
  }
}

/** Nobody yet, 127.0.0.1, ::1. */
const THIS_MACHINE = /^(0{8}|0100007F|0{32}|0{24}01000000)$/

t.test('TEL-02 by default nothing is sent anywhere: no stream, no circuit, no socket', async t => {
  const cordon = await open(t)
  await cordon.run('renew', 'mail')
  const { apps } = await cordon.json('status')
  const own = apps.find(({ id }: { id: string }) => id === OWN_APPS.telemetry)
  t.match(own, { streams: 0, circuits: 0, bytesRead: 0, bytesWritten: 0 })
  const ends = remoteEnds(await cordon.pid('gateway'))
  t.ok(ends.length > 0, 'the ports of apps are seen')
  for (const end of ends) t.match(end, THIS_MACHINE)
})

t.test(
  'TEL-02 a remote collector is reached through tor, on circuits of its own; one trace runs from a command to the circuits closed',
  async t => {
    const cordon = await open(t, {
      collector: COLLECTOR,
      collectorAuthorityFile: join(lab.directory, 'keys/authority.pem'),
    })
    await until('bytes to the collector', async () => {
      const own = (await cordon.status()).apps.find(({ id }) => id === OWN_APPS.telemetry)
      return own !== undefined && own.bytesWritten > 1000 && own.bytesRead > 0
    })
    const { apps } = await cordon.json('circuits')
    const groupsOf = (app: string): string[] =>
      apps.find(({ id }: { id: string }) => id === app).circuits.map(({ group }: { group: string }) => group)
    const [mail, sent] = [groupsOf('mail'), groupsOf(OWN_APPS.telemetry)]
    t.ok(mail.length > 0 && sent.length > 0)
    t.notOk(sent.some(group => mail.includes(group)))
    t.equal(await dropped(cordon), 0)
    for (const end of remoteEnds(await cordon.pid('gateway')))
      t.match(end, THIS_MACHINE, 'the gateway reaches nobody itself')

    const { circuitsClosed } = await cordon.json('renew', 'mail')
    t.ok(circuitsClosed > 0)
    const { spans }: { spans: SpanRecord[] } = await cordon.json('traces')
    const command = spans.find(({ part }) => part === 'command')
    t.match(command, { name: 'command', parentSpanId: null, attributes: { command: 'renew', outcome: 'ok' } })
    const rest = spans.filter(({ traceId, part }) => traceId === command?.traceId && part !== 'command')
    const renewal = { part: 'gateway', name: 'gateway.renew', parentSpanId: command?.spanId }
    t.match(rest, [{ ...renewal, attributes: { app: 'mail', circuitsClosed } }])
    t.ok(spans.some(({ part, name }) => part === 'supervisor' && name === 'part.start'))
    t.match((await cordon.run('traces')).out, /\n {2}command .*\n {4}gateway\.renew .*app=mail .*circuitsClosed=/)
    const forged = { ...command, part: 'gateway', attributes: { app: 'mail' } }
    const question = { method: 'POST', path: '/v1/spans', body: forged, read: () => true } as const
    await t.rejects(ask(layOutRuntime(cordon.runtimeDirectory).supervisorSocket, question), {
      message: /no span of a command/,
    })
  },
)

t.test(
  'TEL-02 a collector with a certificate of nobody’s is a stranger: spans are dropped and counted, apps notice nothing',
  async t => {
    const cordon = await open(t, { collector: COLLECTOR })
    await until('the drop', async () => ((await dropped(cordon)) > 0 ? true : undefined))
    t.match(await cordon.json('status'), { state: 'ready' })
    t.match(await fetchThrough((await cordon.json('apps')).apps[0].port), { status: 0 })
  },
)
