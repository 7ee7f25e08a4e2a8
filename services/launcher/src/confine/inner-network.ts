/**
 * The network that a confined program sees: every address, port and number of it.
 *
 * There is no device that leads anywhere. TCP to any address is marked, turned round to `lo` by the mark and taken by a
 * transparent listener, which learns from the accepted socket where the program wanted to go.
 */
export const INNER = {
  /**
   * A device with a default route, which packets never reach: without one browsers believe that they are offline. Its
   * other end is in the namespace too, where nothing that comes by it is taken. Connections are made by its MTU before
   * they are turned round to `lo`: with 1500 each of their segments would be so small.
   */
  decoy: { device: 'cordon0', peer: 'cordon1', hardwareAddress: '02:00:00:00:00:01', mtu: 65_535 },
  ipv4: { address: '10.77.0.2', prefix: 30, gateway: '10.77.0.1' },
  ipv6: { address: 'fd77::2', prefix: 126, gateway: 'fd77::1' },
  /** Arbitrary; nothing else in the namespace marks packets. */
  mark: 0x77,
  routeTable: 100,
  transparent: { ipv4: '127.0.0.77', ipv6: '::1', port: 1 },
  dnsPort: 53,
  /** Nobody listens there, and nobody can: it is below ip_unprivileged_port_start. */
  closedPort: 9,
  /** Where programs that know tor look for its SocksPort: the daemon's and Tor Browser's. */
  socksPorts: [9050, 9150],
  /** And for its ControlPort. */
  controlPorts: [9051, 9151],
} as const

/** Networks that a desktop may be in: reachable with `--allow-lan` alone, and then past Tor. */
export const LAN_NETWORKS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'] as const

/** Addresses that are no way to anybody on the internet. */
const NOWHERE_NETWORKS = ['100.64.0.0/10', '224.0.0.0/4', '255.255.255.255/32'] as const
const NOWHERE_NETWORKS_6 = ['fc00::/7', 'fe80::/10', 'ff00::/8'] as const

/** The range of virtual addresses, which stand for names (shared/src/names). */
export const VIRTUAL_NETWORK = '10.192.0.0/10'

/** What decides how the network is laid. */
export interface NetworkWishes {
  /** Whether the kernel speaks IPv6 (not with ipv6.disable=1). */
  readonly ipv6: boolean
  readonly allowLan: boolean
  /** Ports of the namespace's own addresses behind which something outside answers. */
  readonly doors: readonly number[]
}

/** List the lines for `ip -batch` that make the decoy and lay addresses and routes. */
export function planDevices({ ipv6, allowLan }: NetworkWishes): readonly string[] {
  const { decoy, ipv4, ipv6: six, mark, routeTable } = INNER
  const unreachable = (network: string): string => `route add unreachable ${network}`
  return [
    'link set lo up',
    `link add ${decoy.device} type veth peer name ${decoy.peer}`,
    `link set ${decoy.peer} addrgenmode none up`,
    `link set ${decoy.device} addrgenmode none address ${decoy.hardwareAddress} mtu ${decoy.mtu} up`,
    `addr add ${ipv4.address}/${ipv4.prefix} dev ${decoy.device}`,
    `route add default via ${ipv4.gateway} dev ${decoy.device}`,
    `rule add fwmark ${mark} lookup ${routeTable}`,
    `route add local default dev lo table ${routeTable}`,
    ...(allowLan ? [] : LAN_NETWORKS.map(unreachable)),
    ...NOWHERE_NETWORKS.map(unreachable),
    `route add ${VIRTUAL_NETWORK} via ${ipv4.gateway} dev ${decoy.device}`,
    ...(ipv6
      ? [
          `addr add ${six.address}/${six.prefix} dev ${decoy.device} nodad`,
          `route add ::/0 via ${six.gateway} dev ${decoy.device}`,
          `route add local ::/0 dev lo table ${routeTable}`,
          ...NOWHERE_NETWORKS_6.map(unreachable),
        ]
      : []),
  ]
}

/** List the lines for `ip -6 -batch`: rules have no address that would tell the family. */
export const planRules6 = ({ ipv6 }: NetworkWishes): readonly string[] =>
  ipv6 ? [`rule add fwmark ${INNER.mark} lookup ${INNER.routeTable}`] : []
