import { createHmac, timingSafeEqual } from 'node:crypto'

/** Bytes of a cookie file and of a server nonce (control-spec 3.24). */
export const COOKIE_BYTES = 32

/** Bytes of our nonce. control-spec 3.24 leaves the length open; tor's own is 32. */
export const NONCE_BYTES = 32

/** HMAC keys of the two directions (control-spec 3.24). */
const SERVER_KEY = 'Tor safe cookie authentication server-to-controller hash'
const CLIENT_KEY = 'Tor safe cookie authentication controller-to-server hash'

/** The three inputs of both hashes. */
export interface SafeCookie {
  readonly cookie: Uint8Array
  readonly clientNonce: Uint8Array
  readonly serverNonce: Uint8Array
}

const hash = (key: string, { cookie, clientNonce, serverNonce }: SafeCookie): Buffer =>
  createHmac('sha256', key).update(cookie).update(clientNonce).update(serverNonce).digest()

/**
 * Verify that the server knows the cookie, in constant time.
 *
 * Without this, whoever holds the socket could have us answer for any file of 32 bytes (control-spec 3.24).
 */
export function verifyServerHash(inputs: SafeCookie, serverHash: Uint8Array): boolean {
  const expected = hash(SERVER_KEY, inputs)
  return serverHash.length === expected.length && timingSafeEqual(expected, serverHash)
}

/** Compute the hash that proves to the server that we know the cookie. */
export const computeClientHash = (inputs: SafeCookie): Uint8Array => hash(CLIENT_KEY, inputs)
