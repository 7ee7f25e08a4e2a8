import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { layOutRuntime } from '@cordon/shared/contracts'
import type { AppId } from '@cordon/shared/isolation'
import { openPrivateDirectory, readJsonLines, writeJsonLine } from '@cordon/shared/runtime/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { decode, encode } from 'dns-packet'
import t from 'tap'
import { findFreePort } from '../../../../shared/test/free-port.ts'
import { until } from '../../../../shared/test/until.ts'
import { DnsService } from '../../src/edge/dns-service.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-dns-'))
const layout = layOutRuntime(directory)
await openPrivateDirectory(dirname(layout.dnsLinkSocket))
await openPrivateDirectory(dirname(layout.appSocket('mail' as AppId)))
const stateDirectory = join(directory, 'state')
await openPrivateDirectory(stateDirectory)
const telemetry = openTelemetry({ part: 'dns', strict: true })
const app = { id: 'mail', dnsPort: await findFreePort(), nymEpoch: 1, ipv6: true, virtual: false, resolver: null }

/** The gateway as far as dns sees it: the link, on which it has acknowledged so many lists of apps. */
class GatewayUnderTest {
  acknowledged = 0
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor() {
    this.#server = createServer(socket => {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
      readJsonLines(socket, 4096, value => {
        if ((value as { type: string }).type === 'acknowledged') this.acknowledged += 1
      })
      writeJsonLine(socket, { type: 'apps', serial: 1, apps: [app] })
    })
  }

  async listen(): Promise<this> {
    this.#server.listen({ path: layout.dnsLinkSocket })
    await once(this.#server, 'listening')
    return this
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

/** The app's port: each look-up (tor's RESOLVE) finds another address. */
let lookUps = 0
const appPort = createServer(socket => {
  let heard = Buffer.alloc(0)
  let isGreeted = false
  socket
    .on('error', () => {})
    .on('data', chunk => {
      heard = Buffer.concat([heard, chunk])
      if (!isGreeted && heard.length >= 3) {
        isGreeted = true
        socket.write(Buffer.from('0500', 'hex'))
      }
      const request = heard.subarray(3)
      if (request.length < 5 || request.length < 7 + (request[4] ?? 0)) return
      lookUps += 1
      socket.end(Buffer.from([5, 0, 0, 1, 198, 51, 100, lookUps, 0, 0]))
    })
})
appPort.listen({ path: layout.appSocket('mail' as AppId) })
await once(appPort, 'listening')

async function ask(name: string): Promise<string | undefined> {
  const socket = createSocket('udp4')
  const answered = once(socket, 'message')
  socket.send(
    encode({ type: 'query', id: 1, flags: 0x0100, questions: [{ name, type: 'A', class: 'IN' }] }),
    app.dnsPort,
    '127.0.0.1',
  )
  const [bytes] = await answered
  socket.close()
  const [found] = decode(bytes).answers ?? []
  return found?.type === 'A' ? found.data : undefined
}

t.test(
  'what was heard while there was no link is forgotten when there is one: a new gateway counts epochs anew',
  async t => {
    const first = await new GatewayUnderTest().listen()
    const service = await DnsService.open({
      configuration: {},
      stateDirectory,
      layout,
      authorities: [],
      telemetry,
    })
    t.teardown(async () => {
      await service.close()
      await telemetry.close()
      appPort.close()
      await rm(directory, { recursive: true, force: true })
    })
    t.equal(await ask('a.example'), '198.51.100.1')
    t.equal(await ask('a.example'), '198.51.100.1', 'it is kept')
    await first.close()
    await until('the loss of the link', () => telemetry.lines().some(({ key }) => key === 'dns.gateway.lost'))
    t.equal(await ask('a.example'), '198.51.100.2', 'nothing of the old gateway is given')
    const second = await new GatewayUnderTest().listen()
    t.teardown(() => second.close())
    await until('the new link', () => second.acknowledged === 1)
    t.equal(await ask('a.example'), '198.51.100.3', 'though the epoch has the same number, who was heard is not known')
  },
)
