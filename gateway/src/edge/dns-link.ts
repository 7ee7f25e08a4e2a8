import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { type DnsApp, FROM_DNS, type FromDns, type RuntimeLayout, type ToDns } from '@cordon/shared/contracts'
import { listenPrivately, monotonicNow, readJsonLines, startDeadline, writeJsonLine } from '@cordon/shared/runtime/edge'
import { fits } from '@cordon/shared/schema'
import type { AppTable } from './app-table.ts'
import type { LiveApp } from './live-app.ts'

/** A name has at most 255 bytes; the rest is the frame around it. */
const LINE_MAX_BYTES = 2048

/** A renewal waits no longer for dns to have forgotten: if it does not answer, the supervisor replaces it. */
const ACKNOWLEDGED_WITHIN_MS = 1000

/**
 * Tells dns which apps there are, and gives it virtual addresses of theirs.
 *
 * There is one dns: a new connection takes the place of the one before. While there is none, nothing has to be told,
 * since its caches are gone with it.
 */
export class DnsLink {
  readonly #table: AppTable
  readonly #server: Server
  readonly #waiting = new Map<number, (isForgotten: boolean) => void>()
  readonly #troubles = new Map<string, string>()
  #client: Socket | undefined
  #serial = 0
  /** What the client was told last. */
  #told = ''

  private constructor(table: AppTable) {
    this.#table = table
    this.#server = createServer(socket => this.#serve(socket))
  }

  /** Listen on the socket for dns. */
  static async open(table: AppTable, { dnsLinkSocket, access }: RuntimeLayout): Promise<DnsLink> {
    const link = new DnsLink(table)
    await listenPrivately(link.#server, dnsLinkSocket, access)
    // After listen(2), an error is a failed accept: dns connects again.
    link.#server.on('error', () => {})
    return link
  }

  /** Why dns cannot answer for an app; undefined when it can. */
  troubleOf(app: string): string | undefined {
    return this.#client === undefined ? 'dns does not run' : this.#troubles.get(app)
  }

  /**
   * Tell dns all apps as they are now, if it does not know. Settles when it has acknowledged that or is away, and nothing
   * of before can be given any more; or with false, when it does not answer.
   */
  async tell(): Promise<boolean> {
    const client = this.#client
    if (client === undefined) return true
    const apps = this.#table.apps.flatMap(describe)
    const told = JSON.stringify(apps)
    if (told === this.#told) return true
    this.#told = told
    this.#serial += 1
    const serial = this.#serial
    const acknowledged = new Promise<boolean>(resolve => {
      const endDeadline = startDeadline(ACKNOWLEDGED_WITHIN_MS, () => this.#settle(serial, false))
      this.#waiting.set(serial, isForgotten => {
        endDeadline()
        resolve(isForgotten)
      })
    })
    send(client, { type: 'apps', serial, apps })
    return await acknowledged
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#client?.destroy()
    await closed
  }

  #serve(socket: Socket): void {
    this.#client?.destroy()
    this.#troubles.clear()
    this.#client = socket
    this.#told = ''
    socket.on('error', () => {}) // 'close' follows and says it
    socket.on('close', () => {
      if (this.#client !== socket) return
      this.#client = undefined
      for (const serial of [...this.#waiting.keys()]) this.#settle(serial, true)
    })
    readJsonLines(socket, LINE_MAX_BYTES, value => {
      if (fits(FROM_DNS, value)) this.#hear(socket, value)
      else socket.destroy()
    })
    void this.tell()
  }

  #hear(socket: Socket, message: FromDns): void {
    switch (message.type) {
      case 'acknowledged':
        // What is acknowledged replaces all that was told before.
        for (const serial of [...this.#waiting.keys()]) if (serial <= message.serial) this.#settle(serial, true)
        break
      case 'give-virtual': {
        const app = this.#current(message)
        const now = monotonicNow()
        const address = app?.virtualNames.give(message.name, app.identity.nymEpoch, now, uniform) ?? null
        send(socket, { type: 'virtual', serial: message.serial, address })
        break
      }
      case 'name-virtual': {
        const app = this.#current(message)
        const name = app?.virtualNames.nameOf(message.address, app.identity.nymEpoch) ?? null
        send(socket, { type: 'name', serial: message.serial, name })
        break
      }
      case 'trouble':
        if (message.trouble === null) this.#troubles.delete(message.app)
        else this.#troubles.set(message.app, message.trouble)
    }
  }

  /** Find the app of a question, if the question is about the epoch that it is in. */
  #current({ app: id, nymEpoch }: { readonly app: string; readonly nymEpoch: number }): LiveApp | undefined {
    const app = this.#table.get(id)
    return app?.identity.nymEpoch === nymEpoch ? app : undefined
  }

  #settle(serial: number, isForgotten: boolean): void {
    this.#waiting.get(serial)?.(isForgotten)
    this.#waiting.delete(serial)
  }
}

const uniform = (): number => randomBytes(4).readUInt32BE() / 2 ** 32

const send = (socket: Socket, message: ToDns): void => void writeJsonLine(socket, message)

/** Apps without a DNS port ask no names: they are Cordon's own. */
function describe({ declared: { id, dnsPort, settings }, identity }: LiveApp): readonly DnsApp[] {
  if (dnsPort === null) return []
  const { virtual, resolver = null } = settings.dns
  return [{ id, dnsPort, nymEpoch: identity.nymEpoch, ipv6: settings.ipv6 === 'allow', virtual, resolver }]
}
