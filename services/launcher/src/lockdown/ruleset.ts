import type { Relay } from './relays.ts'

/** The table that is ours alone; no other is ever read or written. */
export const LOCKDOWN_TABLE = 'cordon_lockdown'

/** Users that reach the network without Tor until their time is over; empty but for a login at a captive portal. */
const PORTAL_SET = 'portal'

/** What a machine is locked down to. */
export interface LockdownWishes {
  /** The user that tor runs as: the only one that reaches the outside. */
  readonly torUid: number
  /** Where tor may connect to, or undefined for every address. */
  readonly relays: readonly Relay[] | undefined
  /** Whether everybody may reach the local network, its name servers excepted. */
  readonly allowLan: boolean
  /** Ports of the loopback device that only one user may connect to. */
  readonly ownedPorts: readonly OwnedPort[]
}

/** A port of 127.0.0.1 and ::1, and who may connect to it. */
export interface OwnedPort {
  readonly port: number
  readonly uid: number
}

/** Who asks the local network for names tells it what it is about to do: DNS, DoT, mDNS, LLMNR, NetBIOS. */
const NAME_PORTS = '{ 53, 137, 853, 5353, 5355 }'

const LAN_4 = '{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16 }'
const LAN_6 = '{ fc00::/7, fe80::/10 }'

/**
 * Format the rules of a locked machine, for `nft -f`, which takes them whole or not at all.
 *
 * Every chain drops what is not accepted. Out go the loopback device, tor's TCP, and what holds a link: DHCP of root and
 * neighbour discovery of the kernel. There is no rule for established connections going out, so those that were open in
 * the clear are reset by their next packet. What is refused is refused at once, and counted for each user. A login at
 * a captive portal is a user of its own, in a set whose elements the kernel takes out by itself.
 */
export function formatLockdown({ torUid, relays, allowLan, ownedPorts }: LockdownWishes): string {
  const tor = `meta skuid ${torUid} meta l4proto tcp`
  return `add table inet ${LOCKDOWN_TABLE}
delete table inet ${LOCKDOWN_TABLE}
table inet ${LOCKDOWN_TABLE} {
  set refused { type uid; size 65535; flags dynamic; counter; }
  set ${PORTAL_SET} { type uid; flags timeout; }
  ${formatSet('owned_ports', 'inet_service', [...new Set(ownedPorts.map(({ port }) => `${port}`))])}
  ${formatSet(
    'port_owners',
    'inet_service . uid',
    ownedPorts.map(({ port, uid }) => `${port} . ${uid}`),
  )}
  ${formatSet('relays4', 'ipv4_addr . inet_service', listElements(relays, 'ipv4'))}
  ${formatSet('relays6', 'ipv6_addr . inet_service', listElements(relays, 'ipv6'))}
  chain output {
    type filter hook output priority filter; policy drop;
    oifname "lo" tcp dport @owned_ports tcp dport . meta skuid != @port_owners counter reject with tcp reset
    oifname "lo" accept
    ct state invalid counter drop
    ${
      relays === undefined
        ? `${tor} accept`
        : `${tor} ip daddr . tcp dport @relays4 accept\n    ${tor} ip6 daddr . tcp dport @relays6 accept`
    }
    meta skuid @${PORTAL_SET} meta l4proto tcp accept
    meta skuid @${PORTAL_SET} udp dport 53 accept
    meta skuid 0 udp sport 68 udp dport 67 accept
    meta skuid 0 udp sport 546 udp dport 547 accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } ip6 hoplimit 255 accept
    ${allowLan ? formatLan() : '# the local network is refused like any other'}
    update @refused { meta skuid }
    meta l4proto tcp counter reject with tcp reset
    counter reject with icmpx type admin-prohibited
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state invalid counter drop
    ct state { established, related } accept
    udp sport 67 udp dport 68 accept
    udp sport 547 udp dport 546 accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } ip6 hoplimit 255 accept
    counter
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    counter
  }
}
`
}

/** Format the change of the relays alone: the old ones go and the new ones come in one step. */
export function formatRelayChange(relays: readonly Relay[]): string {
  return (['ipv4', 'ipv6'] as const)
    .flatMap(family => {
      const set = `inet ${LOCKDOWN_TABLE} relays${family === 'ipv4' ? '4' : '6'}`
      const elements = listElements(relays, family)
      return [`flush set ${set}`, ...(elements.length === 0 ? [] : [`add element ${set} { ${elements.join(', ')} }`])]
    })
    .map(line => `${line}\n`)
    .join('')
}

/** Format what lets a user out for `seconds`: the kernel ends it, whoever is still alive then. */
export const formatPortalOpening = (uid: number, seconds: number): string =>
  `add element inet ${LOCKDOWN_TABLE} ${PORTAL_SET} { ${uid} timeout ${seconds}s }\n`

/** Format what lets nobody out any more. */
export const formatPortalClosing = (): string => `flush set inet ${LOCKDOWN_TABLE} ${PORTAL_SET}\n`

function formatLan(): string {
  const families = [`ip daddr ${LAN_4}`, `ip6 daddr ${LAN_6}`]
  return families.flatMap(lan => [`${lan} meta l4proto { tcp, udp } th dport != ${NAME_PORTS} accept`]).join('\n    ')
}

const listElements = (relays: readonly Relay[] | undefined, family: Relay['family']): readonly string[] => [
  ...new Set(relays?.flatMap(relay => (relay.family === family ? [`${relay.address} . ${relay.port}`] : []))),
]

const formatSet = (name: string, type: string, elements: readonly string[]): string =>
  elements.length === 0
    ? `set ${name} { type ${type}; }`
    : `set ${name} { type ${type}; elements = { ${elements.join(', ')} } }`
