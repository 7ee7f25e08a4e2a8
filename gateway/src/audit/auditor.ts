import type { CircuitBandwidthEvent, CircuitEvent, CircuitMinorEvent, StreamEvent } from '@cordon/shared/tor-control'
import { Accuser } from './accuser.ts'
import type { AuditorOptions } from './auditor-options.ts'
import { CircuitJudge } from './circuit-judge.ts'
import { type CircuitGroup, CircuitTable, pairsOf } from './circuit-table.ts'
import type { Drift } from './find-drift.ts'
import { formatProof } from './format-proof.ts'
import { type Claim, Ledger, type Sending } from './ledger.ts'
import { countOlder, isIdle, isOlder } from './older-groups.ts'
import { type Pair, pairOf, usernameOf } from './pair.ts'
import { listState, Recorder } from './recorder.ts'
import { type AuditView, Verdict, type Violation } from './verdict.ts'

/**
 * How long tor may take to tell of a stream that it has opened. It tells in the same turn of its loop; the rest is for
 * a machine that is held up. Arbitrary.
 */
const TOLD_WITHIN_MS = 10_000

/**
 * Holds what tor tells against what the gateway sent, event by event.
 *
 * It decides and does nothing by itself: what must be done goes to `act`.
 */
export class Auditor {
  readonly table = new CircuitTable()
  readonly #options: AuditorOptions
  readonly #ledger: Ledger
  readonly #recorder: Recorder
  readonly #verdict: Verdict
  readonly #accuser: Accuser
  readonly #judge: CircuitJudge
  /** Monotonic ms of the last sign that tor is awake. */
  #awakeAt: number | undefined
  #streamsOpened = 0
  #streamsSeen = 0
  #circuitsSeen = 0

  constructor(options: AuditorOptions) {
    this.#options = options
    this.#recorder = new Recorder(options.date, () => listState(this.table, this.#ledger, this.#judge.guards))
    this.#ledger = new Ledger(options.now)
    this.#verdict = new Verdict(options.date, view => options.onVerdict(view))
    const onViolation = (violation: Violation): void => {
      this.#recorder.violated(violation)
      options.onViolation(violation)
    }
    this.#accuser = new Accuser({ ...options, onViolation }, this.#verdict)
    this.#judge = new CircuitJudge({
      accuser: this.#accuser,
      isOurs: this.#isOurs,
      askGuards: () => options.act({ type: 'ask-guards' }),
    })
  }

  get view(): AuditView {
    return this.#verdict.view({
      streamsOpened: this.#streamsOpened,
      streamsSeen: this.#streamsSeen,
      circuitsSeen: this.#circuitsSeen,
    })
  }

  /** Write what was seen as a record that others can check (README.md of this room). */
  formatProof(): string {
    return formatProof(this.#recorder.kept, this.view, this.#options.date())
  }

  /** Everything that is held in memory, for bounds. */
  get size(): {
    readonly streams: number
    readonly circuits: number
    readonly accounts: number
    readonly waiting: number
  } {
    return { ...this.table.size, ...this.#ledger.size }
  }

  /** Write down a stream before tor is asked for it. */
  send(sending: Sending): Claim {
    this.#recorder.sent(sending)
    const { claim, reused } = this.#ledger.send(sending)
    this.#streamsOpened += 1
    if (reused !== undefined) {
      const groups = [...this.table.groups].filter(({ pairs }) => pairs.has(sending.pair))
      this.#accuser.accuse('reused-key', groups, new Set([sending.pair]), [reused.app, sending.app])
    }
    return claim
  }

  /** Take in one event of tor, in the order tor sent them. */
  take(event: StreamEvent | CircuitEvent | CircuitMinorEvent): void {
    this.#recorder.event(event)
    const applied = this.table.apply(event)
    switch (applied.type) {
      case 'stream':
        if (applied.isNew && event.type === 'stream') this.#matchStream(event, applied.group)
        if (applied.group !== undefined) this.#judge.judge(applied.group)
        break
      case 'stream-ended':
        if (applied.group !== undefined) {
          this.#judge.judge(applied.group)
          this.#closeOlder(applied.group)
        }
        break
      case 'circuit':
        if (applied.isNew) this.#circuitsSeen += 1
        this.#judge.judge(applied.group)
        break
      case 'circuit-ended':
        if (this.#verdict.hasOlder) this.#verdict.older(countOlder(this.table, this.#isOurs))
        break
      case 'unannounced':
      case 'too-many':
        this.#verdict.doubt('tor told of something whose beginning it had not told')
        this.#options.act({ type: 'start-over' })
    }
  }

  /** Take in all that exists, told by tor after the events were asked for. */
  adopt(circuits: readonly CircuitEvent[], streams: readonly StreamEvent[]): void {
    this.#recorder.adopted(circuits, streams)
    this.table.adopt(circuits, streams)
    this.#ledger.forgive()
    this.#circuitsSeen += circuits.length
    this.#verdict.found()
    for (const group of this.table.groups) {
      this.#judge.judge(group)
      this.#closeOlder(group)
    }
    this.#verdict.older(countOlder(this.table, this.#isOurs))
  }

  /** Count what passed over a circuit, for those who watch. */
  count(event: CircuitBandwidthEvent): void {
    this.table.count(event)
  }

  /** Nothing is known any more: the connection to tor is lost. */
  lose(): void {
    this.#recorder.lost()
    this.table.clear()
    this.#judge.forget()
    this.#awakeAt = undefined
    this.#ledger.forgive()
    this.#verdict.lost()
  }

  /** Take in the relays that tor has chosen as its guards, or its bridges. */
  learnGuards(fingerprints: readonly string[]): void {
    this.#recorder.guards(fingerprints)
    this.#judge.learnGuards(fingerprints)
    for (const group of this.table.groups) this.#judge.judge(group)
  }

  /** Take in what a look at tor's configuration found. */
  learnDrift(drift: readonly Drift[]): void {
    this.#verdict.checked(drift)
    this.#judgeDrift()
  }

  /** A person has seen the violations: they are past. Give how many there were; what is still so stands again at once. */
  acknowledge(): number {
    return this.#verdict.acknowledge(() => {
      this.#accuser.forget()
      for (const group of this.table.groups) this.#judge.judge(group)
      this.#judgeDrift()
    })
  }

  /**
   * Look for what should have happened by now. Call it when tor has answered something, every few seconds.
   *
   * Only what was over when tor answered the time before is judged: a tor that was stopped tells late, and all at once.
   */
  tick(): void {
    const now = this.#options.now()
    const before = Math.min(this.#awakeAt ?? 0, now - TOLD_WITHIN_MS)
    this.#awakeAt = now
    const live = new Set<Pair>()
    for (const group of this.table.groups) for (const pair of pairsOf(group)) live.add(pair)
    for (const { pair } of this.table.streams) if (pair !== undefined) live.add(pair)
    const untold = this.#ledger.sweep(before, pair => live.has(pair))
    if (untold === 0) return
    this.#verdict.untold(untold)
    this.#options.act({ type: 'start-over' })
  }

  /** Report whether a new stream may be asked for, by what the configuration wants while nothing is certain. */
  mayOpen(whileUnknown: 'serve' | 'refuse'): boolean {
    return this.#verdict.mayOpen(whileUnknown)
  }

  readonly #isOurs = (pair: Pair): boolean => this.#options.appOf(usernameOf(pair)) !== undefined

  #judgeDrift(): void {
    if (this.#verdict.breaksIsolation) this.#accuser.tell('not-isolating', [], 0)
  }

  #matchStream(event: StreamEvent, group: CircuitGroup | undefined): void {
    const pair = pairOf(event)
    if (pair === undefined || !this.#isOurs(pair)) return
    this.#streamsSeen += 1
    const { type } = this.#ledger.match(pair, event.sourceAddress?.reveal())
    if (type === 'matched' || !this.table.isComplete) return
    this.#verdict.unmatched()
    const groups = [...this.table.groups].filter(({ pairs }) => pairs.has(pair))
    this.#accuser.accuse('foreign-stream', group === undefined ? groups : [...groups, group], new Set([pair]))
  }

  /** What a circuit carried before the view began is not known: as soon as nobody is on it, nobody gets onto it. */
  #closeOlder(group: CircuitGroup): void {
    if (isOlder(group, this.#isOurs) && isIdle(group, this.table))
      this.#options.act({ type: 'close', circuits: [...group.circuits.keys()], pairs: new Set() })
  }
}
