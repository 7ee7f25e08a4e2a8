import { formatIpv6Groups } from '@cordon/shared/socks'

const IPV4_HINT = 4 // RFC 9460 section 7.3
const IPV6_HINT = 6
const PRIORITY_BYTES = 2

/**
 * Read the addresses that a service binding hints at (SVCB and HTTPS, RFC 9460 section 2.2).
 *
 * Undefined for data that cannot be read: what it hints at is then unknown.
 */
export function readServiceHints(data: Buffer): readonly string[] | undefined {
  let at = PRIORITY_BYTES
  // The target name is never compressed.
  for (let length = data[at]; length !== 0; length = data[at]) {
    if (length === undefined || length > 63) return undefined
    at += 1 + length
  }
  at += 1
  const hints: string[] = []
  while (at < data.length) {
    if (data.length < at + 4) return undefined
    const key = data.readUInt16BE(at)
    const end = at + 4 + data.readUInt16BE(at + 2)
    if (end > data.length) return undefined
    const size = key === IPV4_HINT ? 4 : key === IPV6_HINT ? 16 : undefined
    for (let from = at + 4; size !== undefined && from < end; from += size) {
      if (from + size > end) return undefined
      hints.push(formatAddress(data.subarray(from, from + size)))
    }
    at = end
  }
  return hints
}

const formatAddress = (bytes: Buffer): string =>
  bytes.length === 4
    ? bytes.join('.')
    : formatIpv6Groups(Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at)))
