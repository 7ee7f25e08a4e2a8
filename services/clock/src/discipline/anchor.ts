/**
 * The last good round, tied to a clock that nobody disciplines (CLOCK_MONOTONIC_RAW): what Cordon believes the time to
 * be, whatever becomes of the wall clock.
 */
export interface Anchor {
  /** CLOCK_MONOTONIC_RAW at that moment, in milliseconds. */
  readonly rawMs: number
  /** How long the machine had been asleep by then; the raw clock stands still meanwhile. */
  readonly asleepMs: number
  /** The time at that moment, milliseconds since 1970. */
  readonly unixMs: number
  readonly boundMs: number
  readonly delayMs: number
}

/** A clock that counts what the anchor counts. */
export interface RawReading {
  readonly rawMs: number
  readonly asleepMs: number
}

/**
 * What a quartz without discipline may drift by. RFC 5905 has 15 ppm for one with; 100 ppm is what cheap ones are sold
 * with.
 */
const DRIFT = 100e-6

/** A suspend takes seconds; the two clocks that tell it are read one after the other. */
const ASLEEP_MS = 1000

/** The time now by the anchor, and what it may be wrong by; undefined once the machine has slept. */
export function timeByAnchor(
  anchor: Anchor,
  { rawMs, asleepMs }: RawReading,
): { readonly unixMs: number; readonly boundMs: number } | undefined {
  if (asleepMs - anchor.asleepMs > ASLEEP_MS) return undefined
  const elapsedMs = rawMs - anchor.rawMs
  return { unixMs: anchor.unixMs + elapsedMs, boundMs: anchor.boundMs + elapsedMs * DRIFT }
}
