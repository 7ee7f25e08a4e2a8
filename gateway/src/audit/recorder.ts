import type { CircuitEvent, CircuitMinorEvent, StreamEvent } from '@cordon/shared/tor-control'
import type { CircuitTable, SeenCircuit } from './circuit-table.ts'
import type { Ledger, Sending } from './ledger.ts'
import { type Pair, pairOf } from './pair.ts'
import type { Violation } from './verdict.ts'

/** Lines in a segment: a few hours of a desktop, half a minute of 100 new streams a second. Arbitrary. */
const SEGMENT_LINES = 10_000

/** A circuit as a record keeps it. Fingerprints, not yet under their labels. */
export interface CircuitLine {
  readonly type: 'CIRC'
  readonly id: string
  readonly status: string
  /** First hop first; left out where it can still change. */
  readonly hops: readonly string[] | undefined
  readonly purpose: string | undefined
  readonly conflux: string | undefined
  /** Whom it has carried, where the record begins or a view of tor does. */
  readonly carried?: readonly Pair[]
}

/** A stream as a record keeps it: never where to. */
export interface StreamLine {
  readonly type: 'STREAM'
  readonly id: string
  readonly status: string
  readonly circuit: string | undefined
  readonly pair: Pair | undefined
}

/** What the gateway sent, or where a record begins, what it had sent and tor had not told of. */
export interface SentLine {
  readonly type: 'sent'
  readonly app: string
  readonly key: string
  readonly pair: Pair
  readonly waiting: number
}

/** One line of a record, before anything in it is replaced by labels. */
export type RecordLine =
  | CircuitLine
  | StreamLine
  | SentLine
  | { readonly type: 'guards'; readonly relays: readonly string[] }
  /** The view of tor was lost, or is there again: all that exists stands before. */
  | { readonly type: 'lost' }
  | { readonly type: 'found' }

/** What one segment says of violations; the lines show the rest. Arbitrary. */
const SEGMENT_VIOLATIONS = 100

interface Segment {
  /** Wall time, RFC 3339. */
  readonly from: string
  /** What was called a violation meanwhile, also where nothing in the lines shows it. */
  readonly violations: Violation[]
  /** All that existed when it began. */
  readonly state: readonly RecordLine[]
  readonly lines: RecordLine[]
}

/** Everything that is known at one moment, and from when on. */
export interface Kept {
  readonly from: string
  readonly violations: readonly Violation[]
  readonly state: readonly RecordLine[]
  readonly lines: readonly RecordLine[]
}

/**
 * Keeps the newest of what was sent and told, without destinations, so that somebody else can judge it again.
 *
 * Two segments at most: each begins with all that existed then, so the older one can be let go at any time.
 */
export class Recorder {
  readonly #date: () => string
  readonly #readState: () => readonly RecordLine[]
  #older: Segment | undefined
  #newer: Segment

  /** `readState` tells all that exists now: circuits, streams, what was sent, guards. */
  constructor(date: () => string, readState: () => readonly RecordLine[]) {
    this.#date = date
    this.#readState = readState
    this.#newer = { from: date(), violations: [], state: [], lines: [] }
  }

  get kept(): Kept {
    if (this.#older === undefined) return this.#newer
    const { from, state, lines, violations } = this.#older
    const newer = this.#newer
    return { from, state, lines: [...lines, ...newer.lines], violations: [...violations, ...newer.violations] }
  }

  sent({ app, key, pair }: Sending): void {
    this.#keep({ type: 'sent', app, key, pair, waiting: 1 })
  }

  event(event: StreamEvent | CircuitEvent | CircuitMinorEvent): void {
    if (event.type === 'stream') this.#keep(streamLine(event))
    // A circuit that is being extended says nothing that its completion does not say again.
    else if (!isOnItsWay(event)) this.#keep(circuitLine(event))
  }

  /** Called before the table has taken it in. */
  adopted(circuits: readonly CircuitEvent[], streams: readonly StreamEvent[]): void {
    for (const event of circuits) {
      // Also one that is only on its way: it was launched before anybody listened.
      const line = circuitLine(event)
      const pair = pairOf(event)
      this.#keep(pair === undefined ? line : { ...line, carried: [pair] })
    }
    for (const event of streams) this.#keep(streamLine(event))
    this.#keep({ type: 'found' })
  }

  lost(): void {
    this.#keep({ type: 'lost' })
  }

  violated(violation: Violation): void {
    if (this.#newer.violations.length < SEGMENT_VIOLATIONS) this.#newer.violations.push(violation)
  }

  guards(fingerprints: readonly string[]): void {
    this.#keep({ type: 'guards', relays: fingerprints })
  }

  #keep(line: RecordLine): void {
    if (this.#newer.lines.length >= SEGMENT_LINES) {
      this.#older = this.#newer
      this.#newer = { from: this.#date(), violations: [], state: this.#readState(), lines: [] }
    }
    this.#newer.lines.push(line)
  }
}

const isOnItsWay = (event: CircuitEvent | CircuitMinorEvent): boolean =>
  event.type === 'circuit' && (event.status === 'EXTENDED' || event.status === 'GUARD_WAIT')

function circuitLine(event: CircuitEvent | CircuitMinorEvent): CircuitLine {
  const status = event.type === 'circuit' ? event.status : event.change
  const hops = status === 'BUILT' ? event.path.reveal().map(({ fingerprint }) => fingerprint) : undefined
  return { type: 'CIRC', id: event.id, status, hops, purpose: event.purpose, conflux: event.confluxId }
}

function streamLine(event: StreamEvent): StreamLine {
  const { id, status, circuit } = event
  return { type: 'STREAM', id, status, circuit, pair: pairOf(event) }
}

/** List all that exists now, as a segment begins with it. */
export function listState(
  table: CircuitTable,
  { accounts }: Ledger,
  guards: ReadonlySet<string> = new Set(),
): readonly RecordLine[] {
  return [
    ...accounts.map((account): RecordLine => ({ type: 'sent', ...account })),
    { type: 'guards', relays: [...guards] },
    ...table.circuits.map(existingCircuit),
    ...[...table.streams].map((stream): RecordLine => ({ type: 'STREAM', ...stream })),
    ...(table.isComplete ? [{ type: 'found' } as const] : []),
  ]
}

function existingCircuit({ id, status, path, purpose, group }: SeenCircuit): CircuitLine {
  const hops = status === 'BUILT' ? path.reveal().map(({ fingerprint }) => fingerprint) : undefined
  const conflux = group.id === id ? undefined : group.id
  return { type: 'CIRC', id, status, hops, purpose, conflux, carried: [...group.pairs] }
}
