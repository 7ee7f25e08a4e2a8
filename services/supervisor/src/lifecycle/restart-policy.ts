import { type BackOff, planWait } from '@cordon/shared/runtime'

/** A part that crashed once is back at once; one that crashes always costs a start every half minute at most. */
export const RESTART_BACK_OFF: BackOff = { firstMs: 500, capMs: 30_000 }

/** After so many exits in a row a part is called failed; it is still tried, at the cap. */
export const EXITS_UNTIL_FAILED = 5

/** A part that ran this long was well: its earlier exits no longer count. Arbitrary. */
export const STABLE_MS = 60_000

/** What follows the exit of a part that should be up. */
export interface RestartDecision {
  readonly exits: number
  readonly failed: boolean
  /** Undefined: not before something changes. */
  readonly waitMs: number | undefined
}

/**
 * Decide when a part that ended by itself starts again.
 *
 * `permanent` says that the part itself reported a failure that no restart mends.
 */
export function planRestart(exitsBefore: number, ranMs: number, permanent: boolean, random: number): RestartDecision {
  const exits = (ranMs >= STABLE_MS ? 0 : exitsBefore) + 1
  if (permanent) return { exits, failed: true, waitMs: undefined }
  const failed = exits >= EXITS_UNTIL_FAILED
  return { exits, failed, waitMs: planWait(RESTART_BACK_OFF, failed ? 30 : exits - 1, random) }
}
