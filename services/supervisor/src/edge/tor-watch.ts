import type { TorStatus } from '@cordon/shared/contracts'
import { internal } from '@cordon/shared/errors'
import { type ControlConnection, monotonicNow, openControlConnection } from '@cordon/shared/runtime/edge'
import {
  getInfo,
  parseBootstrapPhase,
  parseGetInfo,
  type Reply,
  setEvents,
  type TorEvent,
} from '@cordon/shared/tor-control'
import { beginProgress, explainBootstrap, observe, type TorProgress } from '../tor/index.ts'
import { hasNetwork } from './has-network.ts'
import type { Instance } from './instance.ts'

const STATE_KEYS = ['version', 'status/bootstrap-phase', 'status/circuit-established']

/** Follows tor's bootstrap over a control connection of the supervisor's own. */
export class TorWatch {
  readonly #instance: Instance
  readonly #onChange: () => void
  #progress: TorProgress = beginProgress(monotonicNow())
  #connection: ControlConnection | undefined

  constructor(instance: Instance, onChange: () => void) {
    this.#instance = instance
    this.#onChange = onChange
  }

  /** Forget a tor that has gone. */
  reset(): void {
    this.#progress = beginProgress(monotonicNow())
    this.#connection = undefined
    this.#onChange()
  }

  /** Connect, learn where tor stands, and follow it from there. `onClose` is called when the connection is over. */
  async connect(socketPath: string, password: string | undefined, onClose: () => void): Promise<ControlConnection> {
    const connection = await openControlConnection({
      socketPath,
      password,
      onClose,
      onEvent: event => 'why' in event || this.#take(event),
    })
    this.#connection = connection
    // Events first, then the state: what happens in between is then seen twice rather than never.
    await connection.send(setEvents(['STATUS_CLIENT', 'STATUS_GENERAL']))
    await connection.send(getInfo(STATE_KEYS), reply => this.#adopt(reply, connection.torVersion))
    return connection
  }

  /** The connection to the tor that runs now. */
  get connection(): ControlConnection | undefined {
    return this.#connection
  }

  get circuitEstablished(): boolean {
    return this.#progress.circuitEstablished
  }

  /** One line of how far tor is. */
  get detail(): string {
    return `${this.#progress.percent} %: ${this.#progress.summary}`
  }

  /** Tell where tor is. A tor that does not run has no reason to be slow. */
  status(runs: boolean): TorStatus {
    const { configuration, labDirectory } = this.#instance
    const explanation = explainBootstrap(this.#progress, {
      hasNetwork: hasNetwork(),
      bridges: configuration.tor?.bridges !== undefined,
      upstreamProxy: configuration.tor?.upstreamProxy !== undefined,
      lab: labDirectory !== undefined,
      now: monotonicNow(),
    })
    const { version, percent, summary, circuitEstablished } = this.#progress
    return {
      version: version ?? null,
      progress: percent,
      phase: summary,
      circuitEstablished,
      trouble: (runs ? explanation?.trouble : undefined) ?? null,
      cause: (runs ? explanation?.cause : undefined) ?? null,
      next: (runs ? explanation?.next : undefined) ?? null,
    }
  }

  /** Take in what tor told of its state, in the turn of that answer: events that follow it are newer. */
  #adopt(reply: Reply, torVersion: string): void {
    const answer = parseGetInfo(reply)
    if ('why' in answer) return
    this.#progress = { ...this.#progress, version: answer.get('version') ?? torVersion }
    const phase = parseBootstrapPhase(answer.get('status/bootstrap-phase') ?? '')
    if (!('why' in phase)) this.#take({ type: 'bootstrap', phase })
    if (answer.get('status/circuit-established') === '1') this.#take(ESTABLISHED)
  }

  #take(event: TorEvent): void {
    const before = this.#progress
    this.#progress = observe(before, event, monotonicNow())
    if (before !== this.#progress) this.#onChange()
  }
}

/** Ask tor something that it knows without looking: only whether it answers counts. */
export async function askTor(connection: ControlConnection | undefined): Promise<void> {
  if (connection === undefined) throw internal('tor has gone')
  await connection.send(getInfo(['status/circuit-established']))
}

const ESTABLISHED: TorEvent = {
  type: 'status',
  source: 'client',
  severity: 'NOTICE',
  action: 'CIRCUIT_ESTABLISHED',
  reason: undefined,
  skewSeconds: undefined,
  jumpSeconds: undefined,
}
