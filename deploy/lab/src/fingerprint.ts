import { createHash, createPublicKey } from 'node:crypto'

/** Compute a relay's fingerprint from its `secret_id_key`: SHA-1 of the PKCS #1 public key (dir-spec 1.3, tor-spec 0.3). */
export const relayFingerprint = (secretIdKeyPem: string): string =>
  createHash('sha1')
    .update(createPublicKey(secretIdKeyPem).export({ type: 'pkcs1', format: 'der' }))
    .digest('hex')
    .toUpperCase()

/** What an authority's key certificate says (dir-spec 3.1). */
export interface KeyCertificate {
  readonly v3Identity: string
  readonly expiresMs: number
}

/** Read identity and expiry out of an authority's key certificate, or find that it is none. */
export function parseKeyCertificate(text: string): KeyCertificate | undefined {
  const identity = /^fingerprint ([0-9A-F]{40})$/m.exec(text)?.[1]
  const expires = /^dir-key-expires (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/m.exec(text)
  if (identity === undefined || expires === null) return undefined
  return { v3Identity: identity, expiresMs: Date.parse(`${expires[1]}T${expires[2]}Z`) }
}
