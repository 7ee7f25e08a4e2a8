const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Between two checks of one product: on average once a day, seldom after less than hours or more than four days. */
const GAP = { leastMs: 2 * HOUR_MS, meanMs: 24 * HOUR_MS, mostMs: 96 * HOUR_MS }

/** Uniform in [0, 1). */
type Random = () => number

/**
 * Draw the gap to the next check: exponential, so that when one was seen tells nothing of when the next comes, and cut
 * off by drawing from what lies below the cap, so that the cap itself is no beat.
 */
export function drawGap(random: Random): number {
  const mean = GAP.meanMs - GAP.leastMs
  const below = 1 - Math.exp(-(GAP.mostMs - GAP.leastMs) / mean)
  return Math.round(GAP.leastMs - mean * Math.log(1 - random() * below))
}

/** Draw the wait before a failed check is tried again: from half an hour, doubled each time, up to a day. */
export function drawRetry(failures: number, random: Random): number {
  const whole = Math.min(24 * HOUR_MS, 30 * MINUTE_MS * 2 ** Math.min(failures, 10))
  return Math.round(whole * (1 + random()))
}

/** Draw how long nothing is asked after a start or a wake-up: when a machine is switched on is its owner's business. */
export const drawQuiet = (random: Random): number => Math.round(10 * MINUTE_MS + random() * 50 * MINUTE_MS)

/** Draw how long after one product no other is asked about. */
export const drawSeparation = (random: Random): number => Math.round(10 * MINUTE_MS + random() * 30 * MINUTE_MS)

/**
 * Plan in how many milliseconds a product is due, from when its gap began. Time that the machine was off counts; a wall
 * clock that was set back makes nobody wait longer than the gap.
 */
export function planDueIn(schedule: { readonly sinceMs: number; readonly gapMs: number }, nowMs: number): number {
  const { sinceMs, gapMs } = schedule
  return Math.min(gapMs, Math.max(0, gapMs - (nowMs - sinceMs)))
}
