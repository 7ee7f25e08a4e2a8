import type { AppCredentials } from '@cordon/shared/isolation'
import type { CircuitEvent, CircuitId, CircuitMinorEvent, StreamEvent, StreamId } from '@cordon/shared/tor-control'
import { formatCircuit, formatStream } from './event-line.ts'
import { LocalNumbers } from './local-numbers.ts'

/** One event as the app is told it: its name, and what follows the name. */
export interface ToldEvent {
  readonly name: 'STREAM' | 'CIRC'
  readonly text: string
}

/** What is known of one circuit: how it stands, everyone whose streams it carried, and for whom it was built. */
interface KnownCircuit {
  last: CircuitEvent
  readonly users: Set<string>
  meantFor: string | undefined
  credentials: AppCredentials | undefined
}

const ENDED: ReadonlySet<string> = new Set(['CLOSED', 'FAILED'])

/**
 * One app's view of tor: the streams that carry its tag, and the circuits that carried them.
 *
 * tor tells of a circuit before it has a user. When the first stream of the app comes onto one, the app is told of the
 * circuit first, as it stands. One that is built for the app is its own too, until tor gives it, unused, to another who
 * needs it (seen on 0.4.9.11): for the app it is closed then. A circuit that has carried another too is not shown: that
 * is a breach, and the auditor's.
 * Ids are numbered anew for each view, since tor's count what all apps do.
 */
export class OwnView {
  readonly #tag: string
  readonly #credentialsOf: (password: string) => AppCredentials | undefined
  readonly #circuits = new Map<CircuitId, KnownCircuit>()
  readonly #streams = new Map<StreamId, { last: StreamEvent; readonly credentials: AppCredentials | undefined }>()
  readonly #circuitNumbers = new LocalNumbers<CircuitId>()
  readonly #streamNumbers = new LocalNumbers<StreamId>()

  /** `credentialsOf` tells what the app sent, by the password that tor was sent for it. */
  constructor(tag: string, credentialsOf: (password: string) => AppCredentials | undefined) {
    this.#tag = tag
    this.#credentialsOf = credentialsOf
  }

  /** Take in one event, or one line of `circuit-status` or `stream-status`, and say what the app is told. */
  take(event: StreamEvent | CircuitEvent | CircuitMinorEvent): readonly ToldEvent[] {
    switch (event.type) {
      case 'stream':
        return this.#takeStream(event)
      case 'circuit':
        return this.#takeCircuit(event)
      case 'circuit-minor': {
        const known = this.#circuits.get(event.id)
        if (known !== undefined) known.last = { ...known.last, purpose: event.purpose, path: event.path }
        return []
      }
    }
  }

  /** The value of `GETINFO circuit-status`. */
  get circuitStatus(): string {
    const own = [...this.#circuits.values()].filter(circuit => this.#isOwn(circuit))
    return own.map(circuit => this.#tellCircuit(circuit)).join('\n')
  }

  /** The value of `GETINFO stream-status`: id, status, circuit and target alone, as tor has it. */
  get streamStatus(): string {
    const lines = [...this.#streams.values()].map(({ last, credentials }) => this.#tellStream(last, credentials))
    return lines.map(line => line.split(' ', 4).join(' ')).join('\n')
  }

  #takeStream(event: StreamEvent): readonly ToldEvent[] {
    const { id, circuit } = event
    const isOwn = event.socksUsername?.reveal() === this.#tag || this.#streams.has(id)
    const told: ToldEvent[] = []
    if (circuit !== undefined && event.socksUsername !== undefined) {
      told.push(...this.#attach(circuit, event.socksUsername.reveal(), event.socksPassword?.reveal()))
    }
    if (!isOwn || event.status === 'unrecognized') return told
    const credentials = this.#streams.get(id)?.credentials ?? this.#remember(event.socksPassword?.reveal())
    this.#streams.set(id, { last: event, credentials })
    told.push({ name: 'STREAM', text: this.#tellStream(event, credentials) })
    if (ENDED.has(event.status)) {
      this.#streams.delete(id)
      this.#streamNumbers.drop(id)
    }
    return told
  }

  #takeCircuit(event: CircuitEvent): readonly ToldEvent[] {
    const fresh = { last: event, users: new Set<string>(), meantFor: undefined, credentials: undefined }
    const known: KnownCircuit = this.#circuits.get(event.id) ?? fresh
    known.last = event
    this.#circuits.set(event.id, known)
    known.meantFor = event.socksUsername?.reveal() ?? known.meantFor
    if (known.meantFor === this.#tag) known.credentials ??= this.#remember(event.socksPassword?.reveal())
    const told: ToldEvent[] = []
    if (this.#isOwn(known) && event.status !== 'unrecognized') {
      told.push({ name: 'CIRC', text: this.#tellCircuit(known) })
    }
    if (ENDED.has(event.status)) {
      this.#circuits.delete(event.id)
      this.#circuitNumbers.drop(event.id)
    }
    return told
  }

  /** A stream has come onto a circuit: if that makes it the app's, the app hears of it first. */
  #attach(id: CircuitId, user: string, password: string | undefined): readonly ToldEvent[] {
    const known = this.#circuits.get(id)
    if (known === undefined) return []
    const wasOwn = this.#isOwn(known)
    const wasUnused = known.users.size === 0
    known.users.add(user)
    if (user === this.#tag) known.credentials ??= this.#remember(password)
    const isOwn = this.#isOwn(known)
    if (isOwn && !wasOwn) return [{ name: 'CIRC', text: this.#tellCircuit(known) }]
    if (isOwn || !wasOwn || !wasUnused) return []
    const text = formatCircuit({ ...known.last, status: 'CLOSED' }, this.#circuitNumbers.of(id), known.credentials)
    return [{ name: 'CIRC', text }]
  }

  #isOwn({ users, meantFor }: KnownCircuit): boolean {
    return users.size === 0 ? meantFor === this.#tag : users.size === 1 && users.has(this.#tag)
  }

  #remember(password: string | undefined): AppCredentials | undefined {
    return password === undefined ? undefined : this.#credentialsOf(password)
  }

  #tellCircuit({ last, credentials }: KnownCircuit): string {
    return formatCircuit(last, this.#circuitNumbers.of(last.id), credentials)
  }

  #tellStream(event: StreamEvent, credentials: AppCredentials | undefined): string {
    const known = event.circuit === undefined ? undefined : this.#circuits.get(event.circuit)
    const circuit = known !== undefined && this.#isOwn(known) ? this.#circuitNumbers.of(known.last.id) : '0'
    return formatStream(event, { id: this.#streamNumbers.of(event.id), circuit }, credentials)
  }
}
