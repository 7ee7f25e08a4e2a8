/** The dates of one certificate, in milliseconds since 1970. */
export interface CertificateDates {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/**
 * Choose the moment at which a chain is verified by a clock that may be behind: the earliest at which all of it is valid,
 * and not before `knownMs`, the latest of all that is known of the time. Undefined if there is none.
 *
 * So a NotBefore in the future is accepted, since the clock may be behind, and a NotAfter in the past never.
 */
export function chooseVerificationTime(chain: readonly CertificateDates[], knownMs: number): number | undefined {
  const atMs = Math.max(knownMs, ...chain.map(({ notBeforeMs }) => notBeforeMs))
  return chain.every(({ notAfterMs }) => atMs <= notAfterMs) ? atMs : undefined
}
