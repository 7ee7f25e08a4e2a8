import { type Decoded, decoded, incomplete, internal, malformed } from '../errors/index.ts'
import { formatIpv6Groups, parseDottedQuad, parseIpv6Groups } from './ip-text.ts'
import { type Endpoint, parseTarget, type Target } from './target.ts'

/** Address types (RFC 1928 section 5). */
const ATYP = { ipv4: 1, name: 3, ipv6: 4 } as const

/** Bytes of the longest name: its length is one octet (RFC 1928 section 5). */
export const MAX_NAME_BYTES = 255

/** Bytes of a port. */
const PORT_BYTES = 2

/**
 * Encode ATYP, address and port (RFC 1928 section 5).
 *
 * A name of no bytes, of more than 255, or with a character beyond a byte is a bug of the caller: the policy refuses
 * such names first, and a wrong length octet would let a name become part of the next field.
 */
export function encodeEndpoint({ target, port }: Endpoint): Uint8Array {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw internal('a port is outside 0 to 65535')
  const address = encodeTarget(target)
  return Buffer.concat([address, Buffer.of(port >> 8, port & 0xff)])
}

function encodeTarget(target: Target): Uint8Array {
  switch (target.type) {
    case 'name':
      return encodeName(target.name)
    case 'ipv4': {
      const octets = parseDottedQuad(target.address)
      if (octets === undefined) throw internal('an IPv4 target is no IPv4 address')
      return Buffer.from([ATYP.ipv4, ...octets])
    }
    case 'ipv6': {
      const groups = parseIpv6Groups(target.address)
      if (groups === undefined) throw internal('an IPv6 target is no IPv6 address')
      return Buffer.from([ATYP.ipv6, ...groups.flatMap(group => [group >> 8, group & 0xff])])
    }
  }
}

function encodeName(name: string): Uint8Array {
  if (name.length === 0 || name.length > MAX_NAME_BYTES) throw internal('a name has no legal length')
  for (let at = 0; at < name.length; at++) {
    if (name.charCodeAt(at) > 0xff) throw internal('a name is no byte string')
  }
  return Buffer.concat([Buffer.of(ATYP.name, name.length), Buffer.from(name, 'latin1')])
}

/** Decode ATYP, address and port (RFC 1928 section 5) from the front of `bytes`. */
export function decodeEndpoint(bytes: Uint8Array): Decoded<Endpoint> {
  const [type, length] = bytes
  if (type === undefined) return incomplete(1 + 1 + PORT_BYTES)
  switch (type) {
    case ATYP.ipv4:
      return decodeAt(bytes, 1, 4, octets => ({ type: 'ipv4', address: octets.join('.') }))
    case ATYP.ipv6:
      return decodeAt(bytes, 1, 16, octets => ({ type: 'ipv6', address: formatIpv6Groups(readGroups(octets)) }))
    case ATYP.name:
      if (length === undefined) return incomplete(1 + 1 + PORT_BYTES)
      if (length === 0) return malformed('empty name')
      return decodeAt(bytes, 2, length, octets => parseTarget(Buffer.from(octets).toString('latin1')))
    default:
      return malformed('address type')
  }
}

function decodeAt(
  bytes: Uint8Array,
  start: number,
  length: number,
  read: (octets: Uint8Array) => Target,
): Decoded<Endpoint> {
  const end = start + length + PORT_BYTES
  if (bytes.length < end) return incomplete(end - bytes.length)
  const [high = 0, low = 0] = bytes.subarray(end - PORT_BYTES, end)
  const target = read(bytes.subarray(start, start + length))
  return decoded({ target, port: (high << 8) | low }, end)
}

function readGroups(octets: Uint8Array): readonly number[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  return Array.from({ length: octets.length / 2 }, (_, at) => view.getUint16(2 * at))
}
