import type { ClockPoint } from '@cordon/shared/contracts'

/** One good round: when, by monotonic time, and what it found. */
interface Entry {
  readonly atMs: number
  readonly offsetMs: number
  readonly boundMs: number
}

const DAY_MS = 86_400_000
/** A round an hour is the most that the schedule makes; the rest is for people who ask. Arbitrary. */
const KEPT = 240

/** The good rounds of a day, in memory. */
export class History {
  #entries: readonly Entry[] = []

  add(entry: Entry): void {
    this.#entries = [...this.#entries, entry].slice(-KEPT)
  }

  /** List those of the last day, oldest first. */
  points(nowMs: number): ClockPoint[] {
    return this.#entries
      .filter(({ atMs }) => nowMs - atMs <= DAY_MS)
      .map(({ atMs, offsetMs, boundMs }) => ({ agoSeconds: Math.round((nowMs - atMs) / 1000), offsetMs, boundMs }))
  }
}
