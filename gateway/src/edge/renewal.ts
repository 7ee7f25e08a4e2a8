import type { Renewed } from '@cordon/shared/contracts'
import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import { closeCircuit } from '@cordon/shared/tor-control'
import type { CircuitTable } from '../audit/index.ts'
import type { LiveApp } from './live-app.ts'
import type { TorLink } from './tor-link.ts'

/** Tells all who must know at once that an app has a new identity; whether names of before are forgotten. */
type Tell = (renewed: Pick<Renewed, 'id' | 'nymEpoch'>) => Promise<boolean>

/** Gives apps new identities. */
export class Renewal {
  readonly #link: TorLink
  readonly #circuits: CircuitTable
  readonly #telemetry: Telemetry
  readonly #tell: Tell
  /** Apps that were renewed while tor could not be told to close their circuits. */
  readonly #unclosed = new Set<LiveApp>()

  constructor(link: TorLink, circuits: CircuitTable, telemetry: Telemetry, tell: Tell) {
    this.#link = link
    this.#circuits = circuits
    this.#telemetry = telemetry
    this.#tell = tell
  }

  /** Raise the app's nym epoch, end its streams, and have tor close its circuits; others notice nothing. */
  async renew(app: LiveApp, parent: SpanContext | undefined): Promise<Renewed> {
    const { id } = app.declared
    const span = this.#telemetry.startSpan('gateway.renew', { parent, attributes: { app: id } })
    try {
      // First the epoch: from here on no stream can get onto an old circuit, whatever happens below.
      const nymEpoch = app.identity.renew()
      const told = this.#tell({ id, nymEpoch })
      const streamsClosed = app.closeSessions()
      if (this.#link.state.control === 'lost') this.#unclosed.add(app)
      const circuitsClosed = await this.#closeCircuits(app)
      // Until then dns might still answer from what the app heard before.
      const namesForgotten = await told
      span.end({ outcome: 'ok', circuitsClosed, streamsClosed })
      return { id, nymEpoch, circuitsClosed, streamsClosed, namesForgotten }
    } catch (cause) {
      span.fail(cause)
      throw cause
    }
  }

  /** Close what renewals left while the connection to tor was lost. */
  async makeUp(): Promise<void> {
    for (const app of this.#unclosed) {
      this.#unclosed.delete(app)
      // Lost again: nothing can use these circuits, and tor lets go of them by itself.
      await this.#closeCircuits(app).catch(() => {})
    }
  }

  async #closeCircuits(app: LiveApp): Promise<number> {
    const circuits = this.#circuits.circuitsOf(app.identity.tag)
    // A circuit that has gone meanwhile is answered with an error (552), and is as closed as the others.
    const answers = await Promise.all(circuits.map(({ id }) => this.#link.tell(closeCircuit(id))))
    return answers.length
  }
}
