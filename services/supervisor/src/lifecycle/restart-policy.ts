import { type BackOff, planWait } from '@cordon/shared/runtime'

/** A part that crashed once is back at once; one that crashes always costs a start every half minute at most. */
export const RESTART_BACK_OFF: BackOff = { firstMs: 500, capMs: 30_000 }

/** Where nothing was started, as with a tor of somebody else, to look again costs little. */
export const LOOK_BACK_OFF: BackOff = { firstMs: 500, capMs: 5000 }

/** After so many exits in a row a part is called failed; it is still tried, at the cap. */
export const EXITS_UNTIL_FAILED = 5

/**
 * A part that ran this long was well, and its earlier exits no longer count: one that is lost every quarter of a minute
 * is still wanted back at once. Arbitrary.
 */
export const STABLE_MS = 10_000

/** What a restart follows from. */
export interface RestartInput {
  /** Unwanted exits in a row before this one. */
  readonly exits: number
  readonly ranMs: number
  readonly permanent: boolean
  readonly backOff: BackOff
}

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
export function planRestart(
  { exits: exitsBefore, ranMs, permanent, backOff }: RestartInput,
  random: number,
): RestartDecision {
  const exits = (ranMs >= STABLE_MS ? 0 : exitsBefore) + 1
  if (permanent) return { exits, failed: true, waitMs: undefined }
  const failed = exits >= EXITS_UNTIL_FAILED
  return { exits, failed, waitMs: planWait(backOff, failed ? 30 : exits - 1, random) }
}
