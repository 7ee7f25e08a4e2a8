import { connect, type Socket } from 'node:net'
import { type DnsApp, type FromDns, TO_DNS, type ToDns } from '@cordon/shared/contracts'
import { planWait } from '@cordon/shared/runtime'
import { readJsonLines, startDeadline, writeJsonLine } from '@cordon/shared/runtime/edge'
import { fits } from '@cordon/shared/schema'

/** 500 apps are 100 KB. Arbitrary. */
const LINE_MAX_BYTES = 4_194_304
const BACK_OFF = { firstMs: 50, capMs: 1000 } as const
/** The gateway answers from memory. Arbitrary. */
const ANSWER_MS = 2000

type Question = Extract<FromDns, { type: 'give-virtual' | 'name-virtual' }>
type WithoutSerial<Q> = Q extends unknown ? Omit<Q, 'serial'> : never

export interface GatewayLinkOptions {
  readonly path: string
  /** Take the apps as they are now. When it returns, nothing of what they replace may be answered any more. */
  onApps(apps: readonly DnsApp[]): void
  /** The link is lost: what was told holds no longer. */
  onLost(): void
}

/** The link to the gateway: who the apps are, and their virtual addresses. Opened anew whenever it breaks. */
export class GatewayLink {
  readonly #options: GatewayLinkOptions
  readonly #asked = new Map<number, (answer: string | null) => void>()
  #socket: Socket | undefined
  #timer: NodeJS.Timeout | undefined
  #attempt = 0
  #serial = 0
  #closed = false

  constructor(options: GatewayLinkOptions) {
    this.#options = options
    this.#connect()
  }

  /** Ask for a virtual address or for the name of one; null where there is none, or no answer. */
  async ask(question: WithoutSerial<Question>): Promise<string | null> {
    const socket = this.#socket
    if (socket === undefined) return null
    this.#serial += 1
    const serial = this.#serial
    return await new Promise(resolve => {
      const callOff = startDeadline(ANSWER_MS, () => this.#settle(serial, null))
      this.#asked.set(serial, answer => {
        callOff()
        resolve(answer)
      })
      writeJsonLine(socket, { ...question, serial })
    })
  }

  /** Say why the listeners of an app cannot be used, or that they can. */
  tellTrouble(app: string, trouble: string | null): void {
    if (this.#socket !== undefined) writeJsonLine(this.#socket, { type: 'trouble', app, trouble } satisfies FromDns)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#socket?.destroy()
  }

  #connect(): void {
    const socket = connect({ path: this.#options.path })
    socket.on('error', () => {}) // 'close' follows and says it
    socket.on('connect', () => {
      if (this.#closed) socket.destroy()
      this.#attempt = 0
      this.#socket = socket
    })
    readJsonLines(socket, LINE_MAX_BYTES, value => {
      if (fits(TO_DNS, value)) this.#hear(socket, value)
      else socket.destroy()
    })
    socket.on('close', () => {
      const stood = this.#socket === socket
      this.#socket = undefined
      for (const serial of [...this.#asked.keys()]) this.#settle(serial, null)
      if (this.#closed) return
      if (stood) this.#options.onLost()
      this.#timer = setTimeout(() => this.#connect(), planWait(BACK_OFF, this.#attempt, Math.random()))
      this.#attempt += 1
    })
  }

  #hear(socket: Socket, message: ToDns): void {
    switch (message.type) {
      case 'apps':
        this.#options.onApps(message.apps)
        writeJsonLine(socket, { type: 'acknowledged', serial: message.serial } satisfies FromDns)
        break
      case 'virtual':
        this.#settle(message.serial, message.address)
        break
      case 'name':
        this.#settle(message.serial, message.name)
    }
  }

  #settle(serial: number, answer: string | null): void {
    this.#asked.get(serial)?.(answer)
    this.#asked.delete(serial)
  }
}
