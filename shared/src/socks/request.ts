import { encodeEndpoint } from './address.ts'
import type { Endpoint } from './target.ts'
import { SOCKS5 } from './version.ts'

/**
 * What Cordon asks of a SOCKS server: RFC 1928's CONNECT, tor's two (socks-extensions, "name lookup"), and one that only
 * app ports know: look up, and prefer an IPv6 address. Of tor that is asked on a SocksPort with PreferIPv6.
 */
export type SocksCommand = 'connect' | 'resolve' | 'resolve-ptr' | 'resolve-ipv6'

/** The octet CMD of each command. */
export const COMMAND_CODES = {
  connect: 0x01,
  resolve: 0xf0,
  'resolve-ptr': 0xf1,
  'resolve-ipv6': 0xf2,
} as const satisfies Record<SocksCommand, number>

/** Encode a SOCKS5 request (RFC 1928 section 4). */
export function encodeRequest(command: SocksCommand, endpoint: Endpoint): Uint8Array {
  return Buffer.concat([Buffer.of(SOCKS5, COMMAND_CODES[command], 0), encodeEndpoint(endpoint)])
}
