import type { ClockTrust } from '@cordon/shared/contracts'

/** What trust in this clock is judged by. Times are monotonic except where they say so. */
export interface TrustFacts {
  /** Since the last good round; undefined if there was none since this machine booted and we started. */
  readonly ageMs: number | undefined
  /** Whether the machine slept since then: the anchor stood still meanwhile. */
  readonly slept: boolean
  /** By how much the wall clock is off from the last good round, carried on to now. Source minus local. */
  readonly offsetMs: number
  /** What that may be wrong by. */
  readonly boundMs: number
  readonly toleranceMs: number
}

/** Two whole intervals at their longest: one round may fail without a word. */
export const STALE_AFTER_MS = 6 * 3_600_000

/**
 * Judge the clock. Trusted means that it is known to be right within the tolerance now, whoever keeps it right; a clock
 * that somebody moved away from the last round is not.
 */
export function judgeTrust({ ageMs, slept, offsetMs, boundMs, toleranceMs }: TrustFacts): ClockTrust {
  if (ageMs === undefined) return 'untrusted'
  if (slept) return 'stale'
  if (Math.abs(offsetMs) > toleranceMs + boundMs) return 'untrusted'
  return ageMs > STALE_AFTER_MS ? 'stale' : 'trusted'
}
