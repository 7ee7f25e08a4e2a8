import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { parseIpv6Groups } from '../socks/index.ts'
import type { NameRefusal } from './name-refusal.ts'

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/')
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6')
  }
  return list
}

/** This machine, in either family (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5). */
const THIS_MACHINE = listOf(['0.0.0.0/8', '127.0.0.0/8', '::/128', '::1/128'])

/**
 * Networks that are nobody's on the internet: private (RFC 1918, RFC 4193), shared (RFC 6598), link-local (RFC 3927,
 * RFC 4291), site-local (RFC 3879), multicast, and reserved (RFC 1112 section 4).
 */
const PRIVATE = listOf([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '192.0.0.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

/** Prefixes whose last 32 bits are an IPv4 address: compatible, mapped, translated and NAT64 (RFC 4291, RFC 6052). */
const EMBEDDING = listOf(['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/96'])

/** 6to4 (RFC 3056): the IPv4 address follows the first 16 bits. */
const SIX_TO_FOUR = listOf(['2002::/16'])

/** Judge a literal address before tor sees it; undefined means that it may pass. A zone id is never legal. */
export function judgeAddress(address: string): NameRefusal | undefined {
  if (isIPv4(address)) return judgeIn(address, 'ipv4')
  if (!isIPv6(address) || address.includes('%')) return 'malformed-name'
  const direct = judgeIn(address, 'ipv6')
  if (direct !== undefined) return direct
  const embedded = embeddedIPv4(address)
  return embedded === undefined ? undefined : judgeIn(embedded, 'ipv4')
}

function judgeIn(address: string, family: 'ipv4' | 'ipv6'): NameRefusal | undefined {
  if (THIS_MACHINE.check(address, family)) return 'this-machine'
  return PRIVATE.check(address, family) ? 'private-network' : undefined
}

function embeddedIPv4(address: string): string | undefined {
  const at = SIX_TO_FOUR.check(address, 'ipv6') ? 1 : EMBEDDING.check(address, 'ipv6') ? 6 : undefined
  const groups = parseIpv6Groups(address)
  if (at === undefined || groups === undefined) return undefined
  const [high = 0, low = 0] = groups.slice(at, at + 2)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}
