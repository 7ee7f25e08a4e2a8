import { type Decoded, decoded, incomplete, malformed } from '../errors/index.ts'
import { decodeEndpoint, encodeEndpoint } from './address.ts'
import { REPLY } from './reply-code.ts'
import type { Endpoint } from './target.ts'
import { SOCKS5 } from './version.ts'

/** A SOCKS5 reply: what was bound or resolved, or why not. */
export type Reply =
  | { readonly type: 'succeeded'; readonly bound: Endpoint }
  | { readonly type: 'refused'; readonly code: number }

/** Address and port of a reply that has none to tell. */
const UNSPECIFIED: Endpoint = { target: { type: 'ipv4', address: '0.0.0.0' }, port: 0 }

/** Bytes before the address: VER, REP, RSV. */
const HEAD_BYTES = 3

/** Encode a SOCKS5 reply (RFC 1928 section 6), always in full length: short failures confuse curl. */
export function encodeReply(code: number, bound: Endpoint = UNSPECIFIED): Uint8Array {
  return Buffer.concat([Buffer.of(SOCKS5, code, 0), encodeEndpoint(bound)])
}

/**
 * Decode a SOCKS5 reply (RFC 1928 section 6) from the front of `bytes`.
 *
 * A refusal ends after RSV: tor answers a failed RESOLVE with ATYP 0, so REP is looked at before the address, and what
 * follows a refusal means nothing.
 */
export function decodeReply(bytes: Uint8Array): Decoded<Reply> {
  const [version, code, reserved] = bytes
  if (version !== undefined && version !== SOCKS5) return malformed('version')
  if (reserved !== undefined && reserved !== 0) return malformed('reserved')
  if (code === undefined || reserved === undefined) return incomplete(HEAD_BYTES - bytes.length)
  if (code !== REPLY.succeeded) return decoded({ type: 'refused', code }, HEAD_BYTES)
  const bound = decodeEndpoint(bytes.subarray(HEAD_BYTES))
  if (bound.type !== 'decoded') return bound
  return decoded({ type: 'succeeded', bound: bound.value }, HEAD_BYTES + bound.consumed)
}
