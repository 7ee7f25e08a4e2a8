import { formatIpv6Groups, parseDottedQuad, parseIpv6Groups } from '../socks/index.ts'

/** A name of the way back from an address (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export interface ReverseName {
  /** The address; where the name is of a whole range, the first in it. */
  readonly address: string
  /** Whether the name is of one address and not of a range. */
  readonly whole: boolean
}

const OCTET = /^(0|[1-9][0-9]{0,2})$/
const NIBBLE = /^[0-9a-f]$/

/** Read a name below in-addr.arpa or ip6.arpa, in lower case and without a dot at the end; undefined for any other. */
export function parseReverseName(name: string): ReverseName | undefined {
  if (name.endsWith('.in-addr.arpa')) return parseOctets(name.slice(0, -'.in-addr.arpa'.length).split('.').reverse())
  if (name.endsWith('.ip6.arpa')) return parseNibbles(name.slice(0, -'.ip6.arpa'.length).split('.').reverse())
  return undefined
}

function parseOctets(octets: readonly string[]): ReverseName | undefined {
  if (octets.length > 4 || !octets.every(octet => OCTET.test(octet) && Number(octet) <= 255)) return undefined
  const address = [...octets, '0', '0', '0'].slice(0, 4).join('.')
  return { address, whole: octets.length === 4 }
}

function parseNibbles(nibbles: readonly string[]): ReverseName | undefined {
  if (nibbles.length > 32 || !nibbles.every(nibble => NIBBLE.test(nibble))) return undefined
  const digits = nibbles.join('').padEnd(32, '0')
  const groups = Array.from({ length: 8 }, (_, at) => Number.parseInt(digits.slice(4 * at, 4 * at + 4), 16))
  return { address: formatIpv6Groups(groups), whole: nibbles.length === 32 }
}

/** Write the name of the way back from an address; undefined for what is no address. */
export function formatReverseName(address: string): string | undefined {
  const octets = parseDottedQuad(address)
  if (octets !== undefined) return `${octets.toReversed().join('.')}.in-addr.arpa`
  const groups = parseIpv6Groups(address)
  if (groups === undefined) return undefined
  const digits = groups.map(group => group.toString(16).padStart(4, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}
