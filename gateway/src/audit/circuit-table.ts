import type {
  CircuitBandwidthEvent,
  CircuitEvent,
  CircuitId,
  CircuitMinorEvent,
  StreamEvent,
  StreamId,
} from '@cordon/shared/tor-control'
import { type Pair, pairOf, usernameOf } from './pair.ts'
import { RecentIds } from './recent-ids.ts'

/** One stream as tor tells it. */
export interface SeenStream {
  readonly id: StreamId
  readonly status: StreamEvent['status']
  readonly circuit: CircuitId | undefined
  /** Who asked for it; undefined where tor has not said. */
  readonly pair: Pair | undefined
}

/** What counts as one circuit for isolation: a conflux set, or a circuit that is in none. */
export interface CircuitGroup {
  readonly id: string
  /** Everyone whose streams it has carried, for as long as one of its circuits lives. */
  readonly pairs: ReadonlySet<Pair>
  readonly circuits: ReadonlyMap<CircuitId, SeenCircuit>
}

/** One circuit as tor tells it. */
export interface SeenCircuit {
  readonly id: CircuitId
  readonly status: CircuitEvent['status']
  readonly path: CircuitEvent['path']
  readonly purpose: string | undefined
  readonly group: CircuitGroup
  /** For whom tor built it, as its own line says: such a circuit has not carried them yet. */
  readonly meantFor: Pair | undefined
  /** Whether it had carried somebody when the view began: what else it carried before was not seen. */
  readonly isOlder: boolean
  /** Wall time of tor at its launch, as it writes it. */
  readonly timeCreated: string | undefined
  /** Cells with their overhead, since the view began. */
  readonly bytes: { readonly read: number; readonly written: number }
}

/** What an event did to the table. `unannounced`: it is about something of which the beginning was never told. */
export type Applied =
  | { readonly type: 'stream'; readonly isNew: boolean; readonly group: CircuitGroup | undefined }
  | { readonly type: 'stream-ended'; readonly group: CircuitGroup | undefined }
  | { readonly type: 'circuit'; readonly isNew: boolean; readonly group: CircuitGroup }
  | { readonly type: 'circuit-ended' }
  | { readonly type: 'unannounced' }
  | { readonly type: 'too-many' }

interface OpenGroup extends CircuitGroup {
  readonly pairs: Set<Pair>
  readonly circuits: Map<CircuitId, SeenCircuit>
}
interface OpenCircuit extends SeenCircuit {
  readonly group: OpenGroup
  readonly bytes: { read: number; written: number }
}

const ENDED_STREAM: ReadonlySet<StreamEvent['status']> = new Set(['CLOSED', 'FAILED'])
const ENDED_CIRCUIT: ReadonlySet<CircuitEvent['status']> = new Set(['CLOSED', 'FAILED'])
/** A circuit that is being built carries nobody yet. */
const UNBUILT: ReadonlySet<CircuitEvent['status'] | undefined> = new Set(['LAUNCHED', 'EXTENDED', 'GUARD_WAIT'])
const NEW_STREAM: ReadonlySet<StreamEvent['status']> = new Set(['NEW', 'NEWRESOLVE'])

/** Far above what a tor of a desktop holds; more is a tor that invents them. Arbitrary. */
const MOST = { streams: 200_000, circuits: 100_000 } as const

/**
 * What tor has told of its streams and circuits: app → stream → circuit.
 *
 * It holds what exists now and nothing of what was, so its size is bounded by tor's own tables. Destinations are never
 * kept.
 */
export class CircuitTable {
  readonly #streams = new Map<StreamId, SeenStream>()
  readonly #circuits = new Map<CircuitId, OpenCircuit>()
  readonly #groups = new Map<string, OpenGroup>()
  readonly #ended = new RecentIds()
  #isComplete = false

  /** Whether all that exists is in the table: from then on, whatever appears must have been announced. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  get size(): { readonly streams: number; readonly circuits: number; readonly groups: number } {
    return { streams: this.#streams.size, circuits: this.#circuits.size, groups: this.#groups.size }
  }

  /** Take in one event, in the order tor sent them. */
  apply(event: StreamEvent | CircuitEvent | CircuitMinorEvent): Applied {
    if (this.#streams.size > MOST.streams || this.#circuits.size > MOST.circuits) return { type: 'too-many' }
    if (event.type === 'stream') return this.#applyStream(event)
    return this.#applyCircuit(event, event.type === 'circuit' ? event.status : undefined)
  }

  /** Count what passed over a circuit. */
  count({ id, bytesRead, bytesWritten }: CircuitBandwidthEvent): void {
    const bytes = this.#circuits.get(id)?.bytes
    if (bytes === undefined) return
    bytes.read += bytesRead
    bytes.written += bytesWritten
  }

  /** Take in `circuit-status` and `stream-status`; from here on the table is complete. */
  adopt(circuits: readonly CircuitEvent[], streams: readonly StreamEvent[]): void {
    for (const event of circuits) this.#applyCircuit(event, event.status)
    for (const event of streams) this.#applyStream(event)
    this.#isComplete = true
  }

  /** Forget everything: the connection that told it is gone. */
  clear(): void {
    this.#streams.clear()
    this.#circuits.clear()
    this.#groups.clear()
    this.#ended.clear()
    this.#isComplete = false
  }

  /** List every circuit that exists. */
  get circuits(): readonly SeenCircuit[] {
    return [...this.#circuits.values()]
  }

  get groups(): Iterable<CircuitGroup> {
    return this.#groups.values()
  }

  get streams(): Iterable<SeenStream> {
    return this.#streams.values()
  }

  /** List the circuits that have carried a stream of `username` or are meant to, all legs of a conflux set included. */
  circuitsOf(username: string): readonly SeenCircuit[] {
    return [...this.#groups.values()]
      .filter(group => namesOf(group).has(username))
      .flatMap(({ circuits }) => [...circuits.values()])
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

  #applyStream(event: StreamEvent): Applied {
    const { id, status, circuit } = event
    const known = this.#streams.get(id)
    const hasEnded = ENDED_STREAM.has(status)
    const isNew = known === undefined && NEW_STREAM.has(status)
    const pair = pairOf(event) ?? known?.pair
    const group = circuit === undefined ? undefined : this.#circuits.get(circuit)?.group
    if (group !== undefined && pair !== undefined) group.pairs.add(pair)
    if (hasEnded) this.#streams.delete(id)
    else this.#streams.set(id, { id, status, circuit, pair })
    // A stream is told of after its circuit has ended, when tor takes it off.
    const isUnknownCircuit = circuit !== undefined && group === undefined && !this.#ended.has(circuit)
    if (this.#isComplete && !hasEnded && (isUnknownCircuit || (known === undefined && !isNew)))
      return { type: 'unannounced' }
    return hasEnded ? { type: 'stream-ended', group } : { type: 'stream', isNew, group }
  }

  #applyCircuit(event: CircuitEvent | CircuitMinorEvent, status: CircuitEvent['status'] | undefined): Applied {
    const known = this.#circuits.get(event.id)
    if (status !== undefined && ENDED_CIRCUIT.has(status)) {
      if (known !== undefined) this.#remove(known)
      this.#ended.add(event.id)
      return { type: 'circuit-ended' }
    }
    const isNew = known === undefined
    const pair = pairOf(event)
    const isOlder = known?.isOlder ?? (!this.#isComplete && !UNBUILT.has(status) && pair !== undefined)
    const circuit: OpenCircuit = {
      id: event.id,
      status: status ?? known?.status ?? 'unrecognized',
      path: event.path,
      purpose: event.purpose ?? known?.purpose,
      group: this.#groupFor(event.confluxId ?? event.id, known),
      meantFor: pair ?? known?.meantFor,
      isOlder,
      timeCreated: event.timeCreated ?? known?.timeCreated,
      bytes: known?.bytes ?? { read: 0, written: 0 },
    }
    this.#circuits.set(event.id, circuit)
    circuit.group.circuits.set(event.id, circuit)
    if (isNew && isOlder && pair !== undefined) circuit.group.pairs.add(pair)
    // One that FAILED to be built in time goes on as MEASURE_TIMEOUT (seen on 0.4.9.11); it has carried nobody.
    if (isNew && this.#isComplete && status !== 'LAUNCHED' && !this.#ended.has(event.id)) return { type: 'unannounced' }
    return { type: 'circuit', isNew, group: circuit.group }
  }

  /** A CLOSED event shows no conflux set, so the one that was told first stays; a circuit that joins one brings its past. */
  #groupFor(id: string, known: OpenCircuit | undefined): OpenGroup {
    if (known !== undefined && (id === known.id || known.group.id === id)) return known.group
    const group = this.#groups.get(id) ?? { id, pairs: new Set(), circuits: new Map() }
    this.#groups.set(id, group)
    if (known !== undefined) {
      for (const pair of known.group.pairs) group.pairs.add(pair)
      this.#leave(known)
    }
    return group
  }

  #remove(circuit: OpenCircuit): void {
    this.#circuits.delete(circuit.id)
    this.#leave(circuit)
  }

  #leave({ id, group }: OpenCircuit): void {
    group.circuits.delete(id)
    if (group.circuits.size === 0) this.#groups.delete(group.id)
  }

  /** `stream-status` names no client: such a stream is whose its circuit is. */
  #ownerOf({ pair, circuit }: SeenStream): string | undefined {
    if (pair !== undefined) return usernameOf(pair)
    const group = circuit === undefined ? undefined : this.#circuits.get(circuit)?.group
    const [only, ...others] = group === undefined ? [] : namesOf(group)
    return others.length === 0 ? only : undefined
  }
}

/**
 * List whose a group is: everyone it carried, or while that is nobody, those it is meant for.
 *
 * Tor gives a circuit to another who needs it when the one it was built for goes without having used it (seen on
 * 0.4.9.11): then what it was meant for says nothing any more.
 */
export function pairsOf({ pairs, circuits }: CircuitGroup): ReadonlySet<Pair> {
  if (pairs.size > 0) return pairs
  return new Set([...circuits.values()].flatMap(({ meantFor }) => meantFor ?? []))
}

const namesOf = (group: CircuitGroup): Set<string> => new Set([...pairsOf(group)].map(usernameOf))

/** The name of what counts as one circuit for isolation: the conflux set, or the circuit itself. */
export const groupOf = ({ group }: SeenCircuit): string => group.id
