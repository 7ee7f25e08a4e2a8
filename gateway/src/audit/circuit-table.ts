import type { CircuitEvent, CircuitId, CircuitMinorEvent, StreamEvent, StreamId } from '@cordon/shared/tor-control'

/** One stream as tor tells it. `username` is what the client sent: the tag of an app, or somebody else's. */
export interface SeenStream {
  readonly id: StreamId
  readonly status: StreamEvent['status']
  readonly circuit: CircuitId | undefined
  readonly username: string | undefined
}

/** One circuit as tor tells it, with everyone whose streams it has carried. */
export interface SeenCircuit {
  readonly id: CircuitId
  readonly status: CircuitEvent['status']
  readonly path: CircuitEvent['path']
  readonly confluxId: string | undefined
  readonly usernames: ReadonlySet<string>
}

const ENDED_STREAM: ReadonlySet<StreamEvent['status']> = new Set(['CLOSED', 'FAILED'])
const ENDED_CIRCUIT: ReadonlySet<CircuitEvent['status']> = new Set(['CLOSED', 'FAILED'])

/**
 * What tor has told of its streams and circuits: app → stream → circuit.
 *
 * It holds what exists now and nothing of what was, so its size is bounded by tor's own tables. Destinations are never
 * kept.
 */
export class CircuitTable {
  readonly #streams = new Map<StreamId, SeenStream>()
  readonly #circuits = new Map<CircuitId, SeenCircuit>()

  /** Take in one event, or one line of `stream-status` and `circuit-status`, in the order tor sent them. */
  apply(event: StreamEvent | CircuitEvent | CircuitMinorEvent): void {
    switch (event.type) {
      case 'stream':
        this.#applyStream(event)
        break
      case 'circuit':
        this.#applyCircuit(event, event.status)
        break
      case 'circuit-minor':
        this.#applyCircuit(event, undefined)
    }
  }

  /** Forget everything: the connection that told it is gone. */
  clear(): void {
    this.#streams.clear()
    this.#circuits.clear()
  }

  /** List every circuit that exists. */
  get circuits(): readonly SeenCircuit[] {
    return [...this.#circuits.values()]
  }

  /** List the circuits that have carried a stream of `username`, all legs of a conflux set included. */
  circuitsOf(username: string): readonly SeenCircuit[] {
    const own = [...this.#circuits.values()].filter(({ usernames }) => usernames.has(username))
    const groups = new Set(own.map(groupOf))
    return [...this.#circuits.values()].filter(circuit => groups.has(groupOf(circuit)))
  }

  /** List the streams of `username` that tor has not closed. */
  streamsOf(username: string): readonly SeenStream[] {
    return [...this.#streams.values()].filter(stream => this.#ownerOf(stream) === username)
  }

  /** Count the streams that sit on a circuit now. */
  countStreamsOn(circuit: CircuitId): number {
    let count = 0
    for (const stream of this.#streams.values()) if (stream.circuit === circuit) count += 1
    return count
  }

  #applyStream(event: StreamEvent): void {
    if (ENDED_STREAM.has(event.status)) {
      this.#streams.delete(event.id)
      return
    }
    const username = event.socksUsername?.reveal() ?? this.#streams.get(event.id)?.username
    this.#streams.set(event.id, { id: event.id, status: event.status, circuit: event.circuit, username })
    if (event.circuit !== undefined && username !== undefined) this.#mark(event.circuit, username)
  }

  #applyCircuit(event: CircuitEvent | CircuitMinorEvent, status: CircuitEvent['status'] | undefined): void {
    const known = this.#circuits.get(event.id)
    if (status !== undefined && ENDED_CIRCUIT.has(status)) {
      this.#circuits.delete(event.id)
      return
    }
    this.#circuits.set(event.id, {
      id: event.id,
      status: status ?? known?.status ?? 'unrecognized',
      path: event.path,
      confluxId: event.confluxId ?? known?.confluxId,
      usernames: known?.usernames ?? new Set(),
    })
    const username = event.socksUsername?.reveal()
    if (username !== undefined) this.#mark(event.id, username)
  }

  #mark(id: CircuitId, username: string): void {
    const circuit = this.#circuits.get(id)
    if (circuit === undefined || circuit.usernames.has(username)) return
    this.#circuits.set(id, { ...circuit, usernames: new Set([...circuit.usernames, username]) })
  }

  /** `stream-status` names no client: such a stream is whose its circuit is. */
  #ownerOf({ username, circuit }: SeenStream): string | undefined {
    if (username !== undefined || circuit === undefined) return username
    const [only, ...others] = this.#circuits.get(circuit)?.usernames ?? []
    return others.length === 0 ? only : undefined
  }
}

/** What counts as one circuit for isolation: the conflux set, or the circuit itself. */
export const groupOf = ({ id, confluxId }: SeenCircuit): string => confluxId ?? id
