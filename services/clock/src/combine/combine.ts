import type { Sample } from '../exchange/index.ts'
import type { Agreement } from '../select/index.ts'

/** The offset of this clock, source minus local, and how far the true one may be from it. */
export interface Combined {
  readonly offsetMs: number
  readonly boundMs: number
  /** The least round trip of all. */
  readonly delayMs: number
}

/**
 * Combine the truechimers: their mean, each weighed by the inverse square of its bound, kept inside what they agree on.
 *
 * The bound reaches to the farther end of the agreement, and never below half of the least round trip.
 */
export function combine(samples: readonly Sample[], { lowMs, highMs, truechimers }: Agreement): Combined {
  let weights = 0
  let sum = 0
  let delayMs = Number.POSITIVE_INFINITY
  for (const at of truechimers) {
    const sample = samples[at]
    if (sample === undefined) continue
    // A millisecond below all bounds: what nobody can measure through Tor, and no division by nothing.
    const weight = 1 / (sample.boundMs + 1) ** 2
    weights += weight
    sum += weight * sample.offsetMs
    delayMs = Math.min(delayMs, sample.delayMs)
  }
  const offsetMs = Math.min(highMs, Math.max(lowMs, sum / weights))
  return { offsetMs, boundMs: Math.max(highMs - offsetMs, offsetMs - lowMs, delayMs / 2), delayMs }
}
