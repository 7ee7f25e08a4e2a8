import { type Static, Type } from '../schema/index.ts'

/**
 * What the clock may be called. `stale`: it was trusted, and the last measurement is older than it should be. A clock
 * of which nothing is known is `untrusted`.
 */
export const CLOCK_TRUST = Type.Enum(['trusted', 'stale', 'untrusted'])
export type ClockTrust = Static<typeof CLOCK_TRUST>

/** What the clock service tells the gateway (`PUT /v1/clock`) whenever it changes, and when the gateway is new. */
export const CLOCK_REPORT = Type.Object({ state: CLOCK_TRUST }, { additionalProperties: false })
export type ClockReport = Static<typeof CLOCK_REPORT>

/**
 * No program runs in a time before it was written: a floor for the first start, when nothing was established yet. Raised
 * with each release. In milliseconds since 1970.
 */
export const BUILD_MS = Date.UTC(2026, 0, 1)

/** Twenty years on, nobody should trust what this program thinks of the time. Arbitrary. */
export const CEILING_MS = Date.UTC(2046, 0, 1)
