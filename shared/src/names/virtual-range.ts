import { parseDottedQuad } from '../socks/index.ts'

// 10.192.0.0/10, as tor's VirtualAddrNetworkIPv4 in its manual: no network of a user's is likely to be there, and an
// address that reaches the wrong place is refused as private.
const FIRST_OCTET = 10
const SECOND_OCTET = 192
const HOST_BITS = 22

/** How many virtual addresses there are. Those that end in 0 or 255 are never given: old programs mistake them. */
export const VIRTUAL_COUNT = 2 ** HOST_BITS

/** Write the virtual address of a number below {@link VIRTUAL_COUNT}, or nothing for one that is never given. */
export function formatVirtual(number: number): string | undefined {
  const last = number & 0xff
  if (last === 0 || last === 255) return undefined
  return `${FIRST_OCTET}.${SECOND_OCTET | (number >> 16)}.${(number >> 8) & 0xff}.${last}`
}

/** Report whether an IPv4 address is out of the virtual range. */
export function isVirtual(address: string): boolean {
  const [first, second = 0] = parseDottedQuad(address) ?? []
  return first === FIRST_OCTET && second >= SECOND_OCTET
}
