import { type Decoded, decoded, incomplete, malformed } from '../errors/index.ts'
import { SOCKS5 } from './version.ts'

/** Authentication methods (RFC 1928 section 3). */
export const METHOD = { none: 0x00, userPassword: 0x02, noneAcceptable: 0xff } as const

/** Encode the greeting of a client that offers exactly one method (RFC 1928 section 3). */
export const encodeGreeting = (method: number): Uint8Array => Buffer.of(SOCKS5, 1, method)

/** Decode the server's choice of a method (RFC 1928 section 3) from the front of `bytes`. */
export function decodeMethodSelection(bytes: Uint8Array): Decoded<number> {
  const [version, method] = bytes
  if (version === undefined) return incomplete(2)
  if (version !== SOCKS5) return malformed('version')
  return method === undefined ? incomplete(1) : decoded(method, 2)
}
