import type { Socket } from 'node:net'
import type { ControlProfile } from '@cordon/shared/contracts'
import { explain, type Malformed } from '@cordon/shared/errors'
import { type ControlConnection, openControlConnection, startDeadline } from '@cordon/shared/runtime/edge'
import {
  type Command,
  getInfo,
  LineReader,
  parseCircuitStatus,
  parseGetInfo,
  parseStreamStatus,
  type Reply,
  setEvents,
  type TorEvent,
} from '@cordon/shared/tor-control'
import {
  type CommandVerdict,
  formatBootstrap,
  formatInfo,
  formatOnionDescriptor,
  formatStatus,
  judgeCommand,
  OwnView,
} from '../control-filter/index.ts'
import type { LiveApp } from './live-app.ts'
import type { OnionGate } from './onion-gate.ts'
import { type OnionAllowance, OnionServices } from './onion-services.ts'

/** Longest line of a program. The longest that a known one sends is an onion key with its ports, 200 bytes. */
const LINE_BYTES = 10_240
/** How long a program may take to authenticate: it does so at once. Arbitrary. */
const AUTHENTICATION_MS = 10_000
/** What a program may leave unread before it is cut off. Arbitrary. */
const UNREAD_BYTES = 1_048_576

export interface ControlClientOptions {
  readonly app: LiveApp
  readonly profile: ControlProfile
  readonly tor: { readonly controlSocket: string; readonly password: string | undefined }
  /** What tor was when the gateway last heard, for PROTOCOLINFO. */
  torVersion(): string | null
  /** Shared by all programs of the app. */
  readonly onions: OnionAllowance
  renew(): Promise<void>
  openGate(port: number): Promise<OnionGate>
  /** Called when a program speaks something else, or goes on without authenticating. */
  onStranger(): void
}

/**
 * Serve one program on the filtered control socket of its app, on a connection to tor of its own: what it makes there
 * goes when it goes.
 */
export function serveControlClient(socket: Socket, options: ControlClientOptions): void {
  new ControlClient(socket, options).start()
}

class ControlClient {
  readonly #socket: Socket
  readonly #options: ControlClientOptions
  readonly #reader = new LineReader(LINE_BYTES)
  readonly #view: OwnView
  readonly #waiting: string[] = []
  readonly #services: OnionServices
  #tor: ControlConnection | undefined
  #subscribed: ReadonlySet<string> = new Set()
  #isBusy = false
  #endDeadline = (): void => {}

  constructor(socket: Socket, options: ControlClientOptions) {
    this.#socket = socket
    this.#options = options
    const { app, onions, openGate } = options
    const { identity } = app
    this.#services = new OnionServices({ allowance: onions, openGate, send: (...asked) => this.#send(...asked) })
    this.#view = new OwnView(identity.tag, password => identity.credentialsOf(password))
  }

  start(): void {
    this.#endDeadline = startDeadline(AUTHENTICATION_MS, () => this.#socket.destroy())
    this.#socket
      .on('data', bytes => this.#read(bytes))
      .on('end', () => this.#socket.end())
      .on('error', () => {}) // 'close' follows and says it
      .on('close', () => this.#over())
  }

  #read(bytes: Buffer): void {
    const { lines, malformed } = this.#reader.push(bytes)
    this.#waiting.push(...lines)
    void this.#work()
    if (malformed === undefined) return
    if (this.#tor === undefined) this.#options.onStranger()
    this.#socket.destroy()
  }

  /** Answer one line after the other. Until all are answered nothing more is read. */
  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#socket.pause()
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) {
      if (this.#socket.destroyed) return
      const isAuthenticated = this.#tor !== undefined
      const verdict = judgeCommand(line, this.#options.profile, isAuthenticated, this.#options.torVersion())
      if (verdict.type === 'answer' && verdict.isLast && !isAuthenticated) this.#options.onStranger()
      this.#write(await this.#answer(verdict))
      if (verdict.type === 'answer' && verdict.isLast) {
        this.#socket.end()
        return
      }
    }
    this.#isBusy = false
    this.#socket.resume()
  }

  async #answer(verdict: CommandVerdict): Promise<readonly string[]> {
    try {
      switch (verdict.type) {
        case 'answer':
          return verdict.lines
        case 'authenticate':
          return await this.#authenticate()
        case 'info':
          return await this.#tellInfo(verdict.keys)
        case 'events':
          this.#subscribed = new Set(verdict.names)
          return ['250 OK']
        case 'renew':
          await this.#options.renew()
          return ['250 OK']
        case 'add-onion':
          return await this.#services.add(verdict.wish)
        case 'del-onion':
          return await this.#services.remove(verdict.serviceId)
      }
    } catch (cause) {
      return [`551 ${explain(cause).replaceAll(/[^\x20-\x7e]/g, '?')}`]
    }
  }

  async #authenticate(): Promise<readonly string[]> {
    if (this.#tor !== undefined) return ['250 OK']
    const tor = await openControlConnection({
      socketPath: this.#options.tor.controlSocket,
      password: this.#options.tor.password,
      onEvent: event => this.#take(event),
      onClose: () => this.#socket.destroy(),
    })
    if (this.#socket.destroyed) {
      tor.close()
      return []
    }
    this.#endDeadline()
    this.#tor = tor
    await tor.send(setEvents(['STREAM', 'CIRC', 'CIRC_MINOR', 'STATUS_CLIENT', 'HS_DESC']))
    await tor.send(getInfo(['circuit-status', 'stream-status']), reply => this.#takeState(reply))
    return ['250 OK']
  }

  #takeState(reply: Reply): void {
    const info = parseGetInfo(reply)
    const circuits = info instanceof Map ? parseCircuitStatus(info.get('circuit-status') ?? '') : []
    const streams = info instanceof Map ? parseStreamStatus(info.get('stream-status') ?? '') : []
    if ('why' in circuits || 'why' in streams) this.#socket.destroy()
    else for (const event of [...circuits, ...streams]) this.#view.take(event)
  }

  #take(event: TorEvent | { readonly type: 'malformed' }): void {
    switch (event.type) {
      case 'stream':
      case 'circuit':
      case 'circuit-minor':
        for (const { name, text } of this.#view.take(event)) this.#tell(name, text)
        break
      case 'bootstrap':
        this.#tell('STATUS_CLIENT', formatBootstrap(event))
        break
      case 'status':
        this.#tell('STATUS_CLIENT', formatStatus(event))
        break
      case 'onion-descriptor':
        if (this.#services.has(event.address?.reveal() ?? '')) this.#tell('HS_DESC', formatOnionDescriptor(event))
        break
      case 'malformed':
        // Something happened that cannot be read: whose it was is not known either.
        this.#socket.destroy()
        break
      default: // not asked for
    }
  }

  #tell(name: string, text: string | undefined): void {
    if (text !== undefined && this.#subscribed.has(name)) this.#write([`650 ${name} ${text}`])
  }

  async #tellInfo(keys: readonly string[]): Promise<readonly string[]> {
    const { port } = this.#options.app.declared
    const known = new Map([
      ['circuit-status', this.#view.circuitStatus],
      ['stream-status', this.#view.streamStatus],
      ['net/listeners/socks', port === null ? '' : `"127.0.0.1:${port}"`],
    ])
    const asked = keys.filter(key => !known.has(key))
    if (asked.length > 0) {
      const info = await this.#send(getInfo(asked), parseGetInfo)
      if (!(info instanceof Map)) return ['552 Unrecognized key']
      for (const [key, value] of info) known.set(key, value)
    }
    return formatInfo(keys.map(key => [key, known.get(key) ?? ''] as const))
  }

  async #send<T>(command: Command | Malformed, take: (reply: Reply) => T): Promise<T> {
    if (this.#tor === undefined) throw new Error('not authenticated')
    return await this.#tor.send(command, take)
  }

  #write(lines: readonly string[]): void {
    if (this.#socket.destroyed || lines.length === 0) return
    this.#socket.write(`${lines.join('\r\n')}\r\n`, 'latin1')
    if (this.#socket.writableLength > UNREAD_BYTES) this.#socket.destroy()
  }

  #over(): void {
    this.#endDeadline()
    this.#tor?.close()
    this.#services.close()
  }
}
