/**
 * One attempt to reach the outside. Addresses are out of ranges that no network routes to anybody: documentation
 * (RFC 5737, RFC 3849), reserved (240.0.0.0/4), site-local (fec0::/10), multicast, link-local.
 */
export type Probe = {
  readonly name: string
} /** The app's port refuses these addresses, so through it the answer is a reset; past it there is none, or another. */ & (
  | { readonly way: 'tcp'; readonly address: string; readonly port: number }
  /** Refused at once inside; past the confinement it is sent. */
  | { readonly way: 'udp'; readonly address: string; readonly port: number }
  /** A message of DNS to a server that is not there: answered inside, and else not. */
  | { readonly way: 'dns'; readonly address: string }
  /** The system's own resolver, with everything that it asks. */
  | { readonly way: 'name'; readonly host: string }
  /** A datagram on a socket of a family, type and protocol; refused when the socket is made, or when it is sent. */
  | {
      readonly way: 'raw'
      readonly family: number
      readonly type: number
      readonly protocol: number
      /** struct sockaddr, hexadecimal. */
      readonly to: string
    }
  /** A daemon outside, by its AF_UNIX socket. */
  | { readonly way: 'socket'; readonly path: string }
)

const UDP_PORTS = { dns: 53, ntp: 123, quic: 443, stun: 3478 } as const
const SOCK = { datagram: 2, raw: 3, sequenced: 5 } as const
const AF = { inet: 2, inet6: 10, packet: 17, vsock: 40 } as const
const PROTOCOL = { icmp: 1, icmp6: 58, sctp: 132, udpLite: 136 } as const

/** struct sockaddr_in of 203.0.113.7, port 7. */
const TO_IPV4 = '02000007cb0071070000000000000000'
/** struct sockaddr_in6 of 2001:db8::7, port 7. */
const TO_IPV6 = '0a00000700000000' + '20010db8000000000000000000000007' + '00000000'
/** struct sockaddr_ll: any protocol, interface 2, broadcast. */
const TO_LINK = '11000003020000000000' + '0006' + 'ffffffffffff0000'
/** struct sockaddr_vm: the hypervisor (2), port 7. */
const TO_HYPERVISOR = '28000000' + '07000000' + '02000000' + '00000000'

/** Everything that is tried. */
export const PROBES: readonly Probe[] = [
  { name: 'TCP to a reserved address', way: 'tcp', address: '240.0.0.7', port: 80 },
  { name: 'TCP over IPv6', way: 'tcp', address: 'fec0::7', port: 80 },
  { name: 'TCP to an IPv4-mapped address', way: 'tcp', address: '::ffff:240.0.0.7', port: 443 },
  { name: 'TCP to the local network', way: 'tcp', address: '192.168.0.1', port: 80 },
  { name: 'TCP to a cloud’s metadata service', way: 'tcp', address: '169.254.169.254', port: 80 },
  { name: 'TCP to IPv6 link-local', way: 'tcp', address: 'fe80::7', port: 80 },
  { name: 'UDP: QUIC', way: 'udp', address: '203.0.113.7', port: UDP_PORTS.quic },
  { name: 'UDP: STUN', way: 'udp', address: '203.0.113.7', port: UDP_PORTS.stun },
  { name: 'UDP: NTP', way: 'udp', address: '203.0.113.7', port: UDP_PORTS.ntp },
  { name: 'UDP over IPv6', way: 'udp', address: '2001:db8::7', port: UDP_PORTS.quic },
  { name: 'UDP to an IPv4-mapped address', way: 'udp', address: '::ffff:203.0.113.7', port: UDP_PORTS.quic },
  { name: 'mDNS', way: 'udp', address: '224.0.0.251', port: 5353 },
  { name: 'mDNS over IPv6', way: 'udp', address: 'ff02::fb', port: 5353 },
  { name: 'LLMNR', way: 'udp', address: '224.0.0.252', port: 5355 },
  { name: 'SSDP', way: 'udp', address: '239.255.255.250', port: 1900 },
  { name: 'DNS to a fixed server', way: 'dns', address: '203.0.113.53' },
  { name: 'DNS to a fixed server over IPv6', way: 'dns', address: '2001:db8::53' },
  { name: 'the system’s resolver', way: 'name', host: 'cordon-leak-probe.example' },
  {
    ...{ name: 'ICMP echo', way: 'raw', family: AF.inet, type: SOCK.datagram, protocol: PROTOCOL.icmp },
    to: TO_IPV4,
  },
  { name: 'raw ICMP', way: 'raw', family: AF.inet, type: SOCK.raw, protocol: PROTOCOL.icmp, to: TO_IPV4 },
  {
    ...{ name: 'ICMPv6 echo', way: 'raw', family: AF.inet6, type: SOCK.datagram, protocol: PROTOCOL.icmp6 },
    to: TO_IPV6,
  },
  { name: 'SCTP', way: 'raw', family: AF.inet, type: SOCK.sequenced, protocol: PROTOCOL.sctp, to: TO_IPV4 },
  { name: 'UDP-Lite', way: 'raw', family: AF.inet, type: SOCK.datagram, protocol: PROTOCOL.udpLite, to: TO_IPV4 },
  { name: 'packets of any kind', way: 'raw', family: AF.packet, type: SOCK.raw, protocol: 0x0300, to: TO_LINK },
  { name: 'the hypervisor', way: 'raw', family: AF.vsock, type: SOCK.datagram, protocol: 0, to: TO_HYPERVISOR },
  { name: 'systemd-resolved', way: 'socket', path: '/run/systemd/resolve/io.systemd.Resolve' },
  { name: 'nscd', way: 'socket', path: '/run/nscd/socket' },
  { name: 'the system bus', way: 'socket', path: '/run/dbus/system_bus_socket' },
  { name: 'Avahi', way: 'socket', path: '/run/avahi-daemon/socket' },
  { name: 'CUPS', way: 'socket', path: '/run/cups/cups.sock' },
  { name: 'Docker', way: 'socket', path: '/run/docker.sock' },
]

/** The `n`th bytes of what is sent, so that the capture knows it. */
export const MARKER = 'cordon-leak-probe'
