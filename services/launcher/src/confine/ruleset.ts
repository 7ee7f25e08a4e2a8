import { INNER, type NetworkWishes } from './inner-network.ts'

/** The one table of the namespace. */
const TABLE = 'cordon'

/**
 * Format the nftables rules of a confined program's namespace.
 *
 * - TCP to anybody but the namespace itself goes to the transparent listener, or is reset when nobody listens. So does
 *   TCP to the doors, ports of the namespace itself: the first packet alone, since the rest finds its socket by itself.
 *   A door at which the program listens is the program's.
 * - DNS by UDP to any server whatever goes to our own port 53.
 * - Other UDP goes to a port where nobody listens, so the program hears "refused" at once, as of a closed port.
 * - Everything else is refused, and nothing leaves by a device other than `lo`.
 *
 * A packet that is refused in the output hook would tell the program EPERM; hence the detour of UDP by a closed port and
 * the reset in prerouting. `oifname` in the output hook is the device before the mark turned the packet round, so that
 * only `lo` counts is said in postrouting.
 */
export function formatRuleset({ ipv6, doors }: NetworkWishes): string {
  const families = ipv6 ? FAMILIES : FAMILIES.filter(({ protocol }) => protocol === 'ip')
  const forEach = (format: (family: Family) => string): string => families.map(format).join('\n    ')
  const { mark, dnsPort, closedPort } = INNER
  return `table inet ${TABLE} {
  ${families.map(({ own, type, addresses }) => formatSet(own, `${type}; flags interval`, addresses)).join('\n  ')}
  ${formatSet('doors', 'inet_service', doors.map(String))}
  chain mark_tcp {
    type route hook output priority mangle; policy accept;
    ${forEach(({ protocol, own }) => `meta l4proto tcp ${protocol} daddr != @${own} meta mark set ${mark}`)}
    ${forEach(({ protocol, own }) => `${FIRST_PACKET} tcp dport @doors ${protocol} daddr @${own} meta mark set ${mark}`)}
  }
  chain to_listener {
    type filter hook prerouting priority mangle; policy accept;
    ${forEach(({ protocol, own }) => `tcp dport @doors ${protocol} daddr @${own} socket transparent 0 accept`)}
    ${forEach(
      ({ protocol, nfproto, listener }) =>
        `meta nfproto ${nfproto} meta mark ${mark} meta l4proto tcp tproxy ${protocol} to ${listener} accept`,
    )}
    meta mark ${mark} counter reject with tcp reset
  }
  chain redirect_udp {
    type nat hook output priority -100; policy accept;
    udp dport ${dnsPort} redirect to :${dnsPort}
    ${forEach(({ protocol, own }) => `meta l4proto udp ${protocol} daddr != @${own} redirect to :${closedPort}`)}
  }
  chain refuse_others {
    type filter hook output priority filter; policy accept;
    ${forEach(
      ({ protocol, own }) =>
        `meta l4proto != { tcp, udp } ${protocol} daddr != @${own} counter reject with icmpx type admin-prohibited`,
    )}
  }
  chain only_lo_out { type filter hook postrouting priority 300; policy drop; oifname "lo" accept; counter; }
  chain only_lo_in { type filter hook input priority filter; policy drop; iifname "lo" accept; counter; }
  chain no_forward { type filter hook forward priority filter; policy drop; }
}
`
}

const FIRST_PACKET = 'tcp flags & (fin | syn | rst | ack) == syn'

interface Family {
  readonly protocol: 'ip' | 'ip6'
  readonly nfproto: 'ipv4' | 'ipv6'
  /** The set of addresses that are the namespace itself. */
  readonly own: string
  readonly type: string
  readonly addresses: readonly string[]
  readonly listener: string
}

const FAMILIES: readonly Family[] = [
  {
    protocol: 'ip',
    nfproto: 'ipv4',
    own: 'own4',
    type: 'ipv4_addr',
    addresses: ['127.0.0.0/8', INNER.ipv4.address],
    listener: `${INNER.transparent.ipv4}:${INNER.transparent.port}`,
  },
  {
    protocol: 'ip6',
    nfproto: 'ipv6',
    own: 'own6',
    type: 'ipv6_addr',
    addresses: ['::1', INNER.ipv6.address],
    listener: `[${INNER.transparent.ipv6}]:${INNER.transparent.port}`,
  },
]

const formatSet = (name: string, type: string, elements: readonly string[]): string =>
  `set ${name} { type ${type}; elements = { ${elements.join(', ')} } }`
