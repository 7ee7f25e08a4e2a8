import { formatIpv6Groups, parseDottedQuad, parseIpv6Groups } from './ip-text.ts'

/**
 * The far end of a stream. Addresses are in canonical text, so equal targets are equal strings.
 *
 * A name is a byte string, one character a byte: what an app sent passes through unchanged. Whether a name is fit to
 * be asked for is the gateway's policy, not decided here.
 */
export type Target =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'ipv4'; readonly address: string }
  | { readonly type: 'ipv6'; readonly address: string }

/** A target and a TCP port. */
export interface Endpoint {
  readonly target: Target
  readonly port: number
}

/**
 * Read a host as an app wrote it, without brackets: an address if it is a dotted quad or an IPv6 address, else a name.
 *
 * `127.1`, `0x7f000001` and `fe80::1%eth0` are names here; the policy knows them as spellings of addresses.
 */
export function parseTarget(host: string): Target {
  if (parseDottedQuad(host) !== undefined) return { type: 'ipv4', address: host }
  const groups = parseIpv6Groups(host)
  if (groups !== undefined) return { type: 'ipv6', address: formatIpv6Groups(groups) }
  return { type: 'name', name: host }
}

/** Write a target as it stands in a URL's authority: an IPv6 address in brackets. */
export function formatTarget(target: Target): string {
  switch (target.type) {
    case 'name':
      return target.name
    case 'ipv4':
      return target.address
    case 'ipv6':
      return `[${target.address}]`
  }
}
