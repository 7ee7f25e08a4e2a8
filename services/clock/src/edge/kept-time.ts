import type { ClockTrust } from '@cordon/shared/contracts'
import { monotonicNow, readClocksAtOnce, readSystemClock, readTimeAsleep } from '@cordon/shared/runtime/edge'
import { judgeTrust } from '../combine/index.ts'
import { type Anchor, timeByAnchor } from '../discipline/index.ts'

/** A time that may be believed, and how far it may be off. */
interface Believed {
  readonly unixMs: number
  readonly boundMs: number
  /** What the machine's clock showed at the same moment. */
  readonly wallMs: number
}

/** What stands in for this machine's clocks; each is the machine's own where nothing is said. */
export interface ClockReaders {
  /** The wall clock. */
  readonly readWall?: () => number
  /** How long the machine was asleep since it booted. */
  readonly readAsleep?: () => number
}

/** The time by the last good round, carried on by a clock that nobody sets. */
export class KeptTime {
  readonly #readWall: () => number
  readonly #readAsleep: () => number
  #anchor: Anchor | undefined
  #anchoredAtMs = 0

  constructor({ readWall = () => readSystemClock('wall'), readAsleep = readTimeAsleep }: ClockReaders = {}) {
    this.#readWall = readWall
    this.#readAsleep = readAsleep
  }

  get anchor(): Anchor | undefined {
    return this.#anchor
  }

  /** Since the last good round, on the monotonic clock; undefined before the first. */
  get ageMs(): number | undefined {
    return this.#anchor === undefined ? undefined : monotonicNow() - this.#anchoredAtMs
  }

  /** Begin anew from a round. Returns the monotonic time from which it counts. */
  keep(anchor: Anchor): number {
    this.#anchor = anchor
    this.#anchoredAtMs = monotonicNow()
    return this.#anchoredAtMs
  }

  /** What is believed now; undefined before the first round, and once the machine has slept since. */
  believe(): Believed | undefined {
    const anchor = this.#anchor
    if (anchor === undefined) return undefined
    const { wallMs, ...reading } = readClocksAtOnce(() => ({
      wallMs: this.#readWall(),
      rawMs: readSystemClock('raw'),
      asleepMs: this.#readAsleep(),
    }))
    const time = timeByAnchor(anchor, reading)
    return time && { ...time, wallMs }
  }

  /** Judge how far the machine's clock can be trusted now. */
  judge(toleranceMs: number): ClockTrust {
    const believed = this.believe()
    return judgeTrust({
      ageMs: this.ageMs,
      slept: believed === undefined,
      offsetMs: believed === undefined ? 0 : believed.unixMs - believed.wallMs,
      boundMs: believed?.boundMs ?? 0,
      toleranceMs,
    })
  }
}
