import type { ClockTrust } from '@cordon/shared/contracts'
import { monotonicNow, readSystemClock, readTimeAsleep } from '@cordon/shared/runtime/edge'
import { judgeTrust } from '../combine/index.ts'
import { type Anchor, timeByAnchor } from '../discipline/index.ts'

/** A time that may be believed, and how far it may be off. */
interface Believed {
  readonly unixMs: number
  readonly boundMs: number
}

/** The time by the last good round, carried on by a clock that nobody sets. */
export class KeptTime {
  readonly #readWall: () => number
  #anchor: Anchor | undefined
  #anchoredAtMs = 0

  /** `readWall` stands in for the machine's clock; it is that one where nothing is said. */
  constructor(readWall: () => number = () => readSystemClock('wall')) {
    this.#readWall = readWall
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
    return anchor && timeByAnchor(anchor, { rawMs: readSystemClock('raw'), asleepMs: readTimeAsleep() })
  }

  /** The machine's clock now. */
  readWall(): number {
    return this.#readWall()
  }

  /** Judge how far the machine's clock can be trusted now. */
  judge(toleranceMs: number): ClockTrust {
    const believed = this.believe()
    return judgeTrust({
      ageMs: this.ageMs,
      slept: believed === undefined,
      offsetMs: believed === undefined ? 0 : believed.unixMs - this.readWall(),
      boundMs: believed?.boundMs ?? 0,
      toleranceMs,
    })
  }
}
