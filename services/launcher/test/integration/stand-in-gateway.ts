import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import type { AppId } from '@cordon/shared/isolation'

/** The one app that a stand-in has. */
export const WEB = 'web' as AppId
/** 10.192.0.7, which every name stands for. */
const VIRTUAL = '0ac00007'

/**
 * What a confined program believes to be its gateway and resolver, for tests of where things go and not of what becomes of
 * them: no tor, no lab. Streams are closed, and every name is answered with 10.192.0.7.
 */
export class StandInGateway {
  /** Where a command finds it. */
  readonly options: readonly string[]
  /** What the app's resolver was asked, in hexadecimal. */
  readonly asked: string[] = []
  readonly #directory = mkdtempSync(join(tmpdir(), 'cordon-stand-in-'))
  readonly #servers: Server[] = []

  private constructor() {
    this.options = ['--runtime-dir', join(this.#directory, 'r'), '--state-dir', join(this.#directory, 's')]
  }

  /** Open one whose app's DNS port is said to be `dnsPort`. */
  static async open(dnsPort = 53): Promise<StandInGateway> {
    const standIn = new StandInGateway()
    const layout = layOutRuntime(join(standIn.#directory, 'r'))
    for (const path of [join(standIn.#directory, 's'), layout.directory]) mkdirSync(path, { mode: 0o700 })
    for (const path of [layout.gatewayDirectory, layout.appsDirectory, layout.dnsDirectory])
      mkdirSync(path, { mode: 0o700 })
    const app = {
      ...{ id: WEB, own: false, port: null, dnsPort, dnsTrouble: null, socket: layout.appSocket(WEB) },
      ...{ control: null, isolate: 'app', circuitLife: 'long', declaredIn: 'registry', nymEpoch: 0, streams: 0 },
      ...{ circuits: 0, bytesRead: 0, bytesWritten: 0, waitsFor: null, trouble: null },
    }
    const gateway = createHttpServer((_, response) => {
      const headers = { 'content-type': 'application/json', connection: 'close' }
      response.writeHead(200, headers).end(JSON.stringify({ apps: [app] }))
    })
    const resolver = createServer(socket =>
      socket
        .on('error', () => {})
        .on('data', frame => {
          const message = standIn.#answer(frame.subarray(2))
          socket.write(Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]))
        }),
    )
    await standIn.#listen(gateway, layout.gatewaySocket)
    await standIn.#listen(resolver, layout.appDnsSocket(WEB))
    await standIn.#listen(
      createServer(socket => socket.destroy()),
      layout.appSocket(WEB),
    )
    return standIn
  }

  async #listen(server: Server, path: string): Promise<void> {
    await new Promise<void>(resolve => server.listen(path, resolve))
    this.#servers.push(server)
  }

  /** The question as it came, and for A one record (RFC 1035 section 4.1). */
  #answer(question: Buffer): Buffer {
    this.asked.push(question.toString('hex'))
    const name = question.indexOf(0, 12)
    const isA = question.readUInt16BE(name + 1) === 1
    const head = Buffer.from([...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0])
    const record = Buffer.from(isA ? `c00c00010001000000010004${VIRTUAL}` : '', 'hex')
    return Buffer.concat([head, question.subarray(12, name + 5), record])
  }

  close(): void {
    for (const server of this.#servers) server.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
