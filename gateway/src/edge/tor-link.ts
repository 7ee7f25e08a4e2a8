import { Fault, type Malformed } from '@cordon/shared/errors'
import { planWait } from '@cordon/shared/runtime'
import { type ControlConnection, monotonicNow, openControlConnection } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import {
  type Command,
  getInfo,
  OK,
  parseBootstrapPhase,
  parseCircuitStatus,
  parseGetInfo,
  parseStreamStatus,
  type Reply,
  setEvents,
  type TorEvent,
} from '@cordon/shared/tor-control'
import type { Auditor } from '../audit/index.ts'

/** Waits between attempts: tor takes its time to start, and a person waits for it. Arbitrary. */
const BACK_OFF = { firstMs: 100, capMs: 3000 } as const

/** A connection that stood for so long has worked. Arbitrary. */
const STEADY_MS = 10_000

const STATE_KEYS = ['circuit-status', 'stream-status', 'status/bootstrap-phase', 'status/circuit-established']

const EVENTS = ['STREAM', 'CIRC', 'CIRC_MINOR', 'STATUS_CLIENT', 'STATUS_GENERAL', 'CONF_CHANGED', 'CIRC_BW'] as const

/** What is known of tor now. */
export interface TorState {
  readonly control: 'connected' | 'lost'
  readonly version: string | null
  readonly progress: number
  readonly circuitEstablished: boolean
}

const LOST: TorState = { control: 'lost', version: null, progress: 0, circuitEstablished: false }

export interface TorLinkOptions {
  readonly socketPath: string
  readonly password: string | undefined
  /** Takes in all that tor tells of streams and circuits. */
  readonly audience: Pick<Auditor, 'take' | 'adopt' | 'lose' | 'count'>
  /** Called when somebody has changed tor's configuration. */
  onConfigurationChanged(): void
  /** Called when the connection stands, events and state included. */
  onConnected(): void
  /** Called when it is lost: nothing is known from then on. */
  onLost(): void
  readonly telemetry: Telemetry
}

/**
 * The gateway's own connection to tor's control port, kept up as long as the gateway lives.
 *
 * While it is lost, nothing is known: the table is empty and circuits cannot be closed.
 */
export class TorLink {
  readonly #options: TorLinkOptions
  #connection: ControlConnection | undefined
  #state: TorState = LOST
  #attempt = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #wasConnected = false
  #connectedAt = 0
  #skewReports = 0

  constructor(options: TorLinkOptions) {
    this.#options = options
    void this.#connect()
  }

  get state(): TorState {
    return this.#state
  }

  /** How often tor has reported that this clock is skewed, over all connections. */
  get skewReports(): number {
    return this.#skewReports
  }

  /** Whether it has been connected and is no longer: before the first time it only waits for tor to start. */
  get isLost(): boolean {
    return this.#wasConnected && this.#state.control === 'lost'
  }

  /** Send a command that must succeed, or throw a Fault `GW_TOR_UNREACHABLE`. */
  async ask(command: Command | Malformed): Promise<Reply> {
    const reply = await this.tell(command)
    if (reply.status === OK) return reply
    throw unreachable(`tor answered ${reply.status}`)
  }

  /** Send a command and take any answer, or throw a Fault `GW_TOR_UNREACHABLE`. */
  async tell(command: Command | Malformed): Promise<Reply> {
    if (this.#connection === undefined) throw unreachable('there is no control connection to tor')
    return await this.#connection.send(command)
  }

  /** Drop the connection and open it anew: what is held of tor may be wrong. */
  startOver(): void {
    this.#connection?.close()
  }

  /** Settle when tor answers and can build circuits, or throw a Fault `GW_TOR_UNREACHABLE`. */
  async checkHealth(): Promise<void> {
    const info = parseGetInfo(await this.ask(getInfo(['status/circuit-established'])))
    const established = info instanceof Map && info.get('status/circuit-established') === '1'
    if (!established) throw unreachable('tor cannot build circuits now')
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#connection?.close()
  }

  async #connect(): Promise<void> {
    let connection: ControlConnection | undefined
    try {
      connection = await openControlConnection({
        socketPath: this.#options.socketPath,
        password: this.#options.password,
        onEvent: event => this.#take(event),
        onClose: () => this.#lose(),
      })
      this.#connection = connection
      this.#connectedAt = monotonicNow()
      if (this.#stopped) connection.close()
      await this.#subscribe(connection)
      if (this.#connection !== connection) return // what followed the state ended it
      this.#wasConnected = true
      this.#options.telemetry.log('gateway.tor.found')
      this.#options.onConnected()
    } catch (cause) {
      // Tor not being there yet is the normal case and shows in the state; not getting along with it is not.
      if (cause instanceof Fault && cause.code === 'TOR_CONTROL_REFUSED') {
        this.#options.telemetry.log('gateway.tor.refused', {}, cause)
      }
      // Its onClose retries, now or has done so: a second retry would be a second connection beside the first.
      if (connection === undefined) this.#retry()
      else connection.close()
    }
  }

  /** Ask for events first and for the state then, so that nothing falls between; a line twice does no harm. */
  async #subscribe(connection: ControlConnection): Promise<void> {
    await this.ask(setEvents(EVENTS))
    await connection.send(getInfo(STATE_KEYS), reply => this.#adopt(reply, connection.torVersion))
  }

  /** Take in what tor told of its state, in the turn of that answer: events that follow it are newer. */
  #adopt(reply: Reply, version: string): void {
    const info = parseGetInfo(reply)
    if (!(info instanceof Map)) throw unreachable('tor did not tell its state')
    const circuits = parseCircuitStatus(info.get('circuit-status') ?? '')
    const streams = parseStreamStatus(info.get('stream-status') ?? '')
    const phase = parseBootstrapPhase(info.get('status/bootstrap-phase') ?? '')
    if ('why' in circuits || 'why' in streams || 'why' in phase)
      throw unreachable('tor told its state in no known form')
    this.#options.audience.adopt(circuits, streams)
    this.#state = {
      control: 'connected',
      version,
      progress: phase.progress,
      circuitEstablished: info.get('status/circuit-established') === '1',
    }
  }

  #take(event: TorEvent | Malformed): void {
    switch (event.type) {
      case 'stream':
      case 'circuit':
      case 'circuit-minor':
        this.#options.audience.take(event)
        break
      case 'circuit-bandwidth':
        this.#options.audience.count(event)
        break
      case 'conf-changed':
        this.#options.onConfigurationChanged()
        break
      case 'bootstrap':
        this.#state = { ...this.#state, progress: event.phase.progress }
        break
      case 'status':
        if (event.action === 'CIRCUIT_ESTABLISHED') this.#state = { ...this.#state, circuitEstablished: true }
        if (event.action === 'CIRCUIT_NOT_ESTABLISHED') this.#state = { ...this.#state, circuitEstablished: false }
        if (event.action === 'CLOCK_SKEW') this.#skewReports += 1
        break
      case 'malformed':
        // Something happened in tor that we cannot read, so everything is asked for anew.
        this.startOver()
        break
      default: // not subscribed to
    }
  }

  #lose(): void {
    this.#connection = undefined
    this.#state = LOST
    this.#options.audience.lose()
    // A tor that breaks its word as soon as it is asked is not asked ten times a second.
    if (monotonicNow() - this.#connectedAt > STEADY_MS) this.#attempt = 0
    this.#options.onLost()
    if (!this.#stopped) this.#options.telemetry.log('gateway.tor.lost')
    this.#retry()
  }

  #retry(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.#connect(), planWait(BACK_OFF, this.#attempt, Math.random()))
    this.#attempt += 1
  }
}

const unreachable = (message: string): Fault =>
  new Fault('GW_TOR_UNREACHABLE', message, {
    where: 'tor',
    retry: 'after-waiting',
    next: 'Wait for tor to come back; `cordon status` shows what it waits for.',
  })
