/** What is known of the time without asking anybody. All in milliseconds since 1970. */
export interface TimeLimits {
  /** The consensus that tor has verified was valid from and is valid until (dir-spec 3.4.1). Undefined: none is known. */
  readonly window: { readonly validAfterMs: number; readonly validUntilMs: number } | undefined
  /** The latest time that was ever established here, less a margin. Undefined: none yet. */
  readonly floorMs: number | undefined
  readonly buildMs: number
  readonly ceilingMs: number
}

/** Why a time cannot be now. */
export type Implausible = 'no-consensus' | 'outside-consensus' | 'below-floor' | 'before-build' | 'above-ceiling'

/** Judge whether it can be `unixMs` now; undefined means that nothing speaks against it. */
export function judgeTime(unixMs: number, limits: TimeLimits): Implausible | undefined {
  if (unixMs < limits.buildMs) return 'before-build'
  if (unixMs > limits.ceilingMs) return 'above-ceiling'
  // Replayed answers (and consensuses) are of the past: whatever they agree on, it has been later here.
  if (limits.floorMs !== undefined && unixMs < limits.floorMs) return 'below-floor'
  if (limits.window === undefined) return 'no-consensus'
  return isInWindow(unixMs, limits.window) ? undefined : 'outside-consensus'
}

/** Report whether a moment is in the window; what may be off by `boundMs` is if any of it is. */
export const isInWindow = (
  unixMs: number,
  { validAfterMs, validUntilMs }: NonNullable<TimeLimits['window']>,
  boundMs = 0,
): boolean => unixMs + boundMs >= validAfterMs && unixMs - boundMs <= validUntilMs
