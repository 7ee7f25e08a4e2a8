import { type Decoded, decoded, incomplete, malformed } from '@cordon/shared/errors'
import { decodeEndpoint, METHOD, SOCKS5, type Target } from '@cordon/shared/socks'

const CONNECT = 0x01

/** Decode a greeting (RFC 1928 section 3) that offers no authentication; the launcher sends no other. */
export function decodePortalGreeting(bytes: Uint8Array): Decoded<true> {
  const [version, count] = bytes
  if (version === undefined) return incomplete(2)
  if (version !== SOCKS5) return malformed('version')
  if (count === undefined) return incomplete(1)
  const end = 2 + count
  if (bytes.length < end) return incomplete(end - bytes.length)
  return bytes.subarray(2, end).includes(METHOD.none) ? decoded(true, end) : malformed('methods')
}

/** Where somebody wants to go. */
export interface PortalTarget {
  readonly address: string
  readonly port: number
}

/** Decode a request (RFC 1928 section 4) to connect to an address. Names were looked up before, by the network's server. */
export function decodePortalRequest(bytes: Uint8Array): Decoded<PortalTarget> {
  const [version, command, reserved] = bytes
  if (version !== undefined && version !== SOCKS5) return malformed('version')
  if (command !== undefined && command !== CONNECT) return malformed('command')
  if (reserved === undefined) return incomplete(3 - bytes.length)
  const endpoint = decodeEndpoint(bytes.subarray(3))
  if (endpoint.type !== 'decoded') return endpoint
  const { target, port } = endpoint.value
  return isAddress(target) ? decoded({ address: target.address, port }, 3 + endpoint.consumed) : malformed('name')
}

const isAddress = (target: Target): target is Extract<Target, { address: string }> => 'address' in target
