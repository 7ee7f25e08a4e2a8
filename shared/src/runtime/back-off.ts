/** How long to wait between attempts: doubled each time up to a cap, and spread so that waiters do not meet. */
export interface BackOff {
  readonly firstMs: number
  readonly capMs: number
}

/**
 * Plan the wait before attempt number `attempt` (0 is the first retry), in milliseconds.
 *
 * `random` is uniform in [0, 1). The wait lies between half of the doubled delay and all of it.
 */
export function planWait({ firstMs, capMs }: BackOff, attempt: number, random: number): number {
  const whole = Math.min(capMs, firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(whole / 2 + (whole / 2) * random)
}
