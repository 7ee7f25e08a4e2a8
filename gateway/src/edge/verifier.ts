import type { GatewayStatus } from '@cordon/shared/contracts'
import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import { closeCircuit, getConf, parseGetConf } from '@cordon/shared/tor-control'
import { AUDITED_OPTIONS, type CircuitTable, findBreaches, findDrift } from '../audit/index.ts'
import type { TorLink } from './tor-link.ts'

export interface VerifierOptions {
  readonly link: TorLink
  readonly table: CircuitTable
  readonly telemetry: Telemetry
  /** The SocksPorts that the gateway dials. */
  readonly socksSockets: readonly string[]
  /** Whether other SocksPorts may stand beside them: only on a tor that somebody else runs. */
  readonly others: 'allowed' | 'foreign'
  isApp(username: string): boolean
}

type Audit = GatewayStatus['audit']

/** Looks whether isolation holds: no circuit with two apps, none too short, and a tor that still isolates. */
export class Verifier {
  readonly #options: VerifierOptions
  #audit: Audit = { verdict: 'unknown', drift: [] }

  constructor(options: VerifierOptions) {
    this.#options = options
  }

  get audit(): Audit {
    return this.#audit
  }

  /** Forget what was found: the connection to tor is lost, and nothing is known. A breach stays one. */
  doubt(): void {
    if (this.#audit.verdict === 'held') this.#audit = { verdict: 'unknown', drift: this.#audit.drift }
  }

  /**
   * Look now, and close what is breached. `confirm` is asked before that.
   *
   * Throws a Fault `GW_TOR_UNREACHABLE` when tor cannot be asked; the verdict is then unknown.
   */
  async verify(parent: SpanContext | undefined, confirm: () => Promise<void>): Promise<Audit> {
    const { link, table, telemetry, socksSockets, others, isApp } = this.#options
    const span = telemetry.startSpan('gateway.verify', { parent })
    try {
      const settings = parseGetConf(await link.ask(getConf(AUDITED_OPTIONS)))
      const drift =
        'why' in settings ? ['tor tells its configuration in no known form'] : findDrift(settings, socksSockets, others)
      const breaches = findBreaches(table.circuits, isApp)
      await confirm()
      for (const { circuits } of breaches) for (const { id } of circuits) await link.tell(closeCircuit(id))
      if (breaches.length > 0) telemetry.log('gateway.breached')
      if (drift.length > 0) telemetry.log('gateway.drift', { count: drift.length })
      const broken = breaches.length > 0 || this.#audit.verdict === 'breached'
      this.#audit = { verdict: broken ? 'breached' : drift.length > 0 ? 'unknown' : 'held', drift: [...drift] }
      span.end({ outcome: 'ok', verdict: this.#audit.verdict })
      return this.#audit
    } catch (cause) {
      this.doubt()
      span.fail(cause)
      throw cause
    }
  }
}
