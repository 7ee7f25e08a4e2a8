import { formatIpv6Groups } from '../socks/index.ts'

/** One end of a socket. */
export interface SocketPlace {
  /** As people write it, IPv4 inside IPv6 as IPv4. */
  readonly address: string
  readonly port: number
}

/** A TCP or UDP socket of this network namespace, as the kernel lists it. */
export interface SocketEntry {
  readonly protocol: 'tcp' | 'udp'
  readonly far: SocketPlace
  readonly near: SocketPlace
  readonly uid: number
  /** The number by which /proc/PID/fd names it; 0 where its program has let go of it. */
  readonly inode: number
  /** What names exactly this socket to the kernel: state, family, ends, interface, cookie. */
  readonly id: Uint8Array
}

/** What a chunk of the kernel's list holds. */
export interface SocketChunk {
  readonly entries: readonly SocketEntry[]
  /** Whether the list is over: the kernel said so, or refused. */
  readonly isLast: boolean
}

const HEADER_BYTES = 16 // struct nlmsghdr
const REQUEST_BYTES = 56 // struct inet_diag_req_v2
const ENTRY_BYTES = 72 // struct inet_diag_msg
const ID_BYTES = 48 // struct inet_diag_sockid, in both
const ID_IN_REQUEST = HEADER_BYTES + 8
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const SOCK_DIAG_BY_FAMILY = 20
const SOCK_DESTROY = 21
const NLM_F_REQUEST = 1
const NLM_F_ACK = 4
const NLM_F_DUMP = 0x300
const AF_INET = 2
const AF_INET6 = 10
const PROTOCOLS = { tcp: 6, udp: 17 } as const
/** Bits of states (net/tcp_states.h): all but TIME_WAIT (6), CLOSE (7, a UDP socket without a far end) and LISTEN (10). */
const WITH_A_FAR_END = 0xfff & ~((1 << 0) | (1 << 6) | (1 << 7) | (1 << 10))

/** Encode the question for all sockets that have a far end (sock_diag(7)). */
export function encodeSocketDump(protocol: SocketEntry['protocol'], family: 'ipv4' | 'ipv6'): Buffer {
  const message = openRequest(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP)
  message[HEADER_BYTES] = family === 'ipv4' ? AF_INET : AF_INET6
  message[HEADER_BYTES + 1] = PROTOCOLS[protocol]
  message.writeUInt32LE(WITH_A_FAR_END, HEADER_BYTES + 4)
  return message
}

/** Encode the order to close one socket, whoever has it (SOCK_DESTROY: CAP_NET_ADMIN, CONFIG_INET_DIAG_DESTROY). */
export function encodeSocketDestroy({ protocol, id }: SocketEntry): Buffer {
  const message = openRequest(SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK)
  message[HEADER_BYTES] = id[0] ?? 0
  message[HEADER_BYTES + 1] = PROTOCOLS[protocol]
  message.writeUInt32LE(WITH_A_FAR_END, HEADER_BYTES + 4)
  message.set(id.subarray(1), ID_IN_REQUEST)
  return message
}

function openRequest(type: number, flags: number): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + REQUEST_BYTES)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  message.writeUInt32LE(1, 8)
  return message
}

/** Decode what one recv(2) gave of the list. What cannot be a message of it ends the list. */
export function decodeSocketChunk(chunk: Uint8Array, protocol: SocketEntry['protocol']): SocketChunk {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  const entries: SocketEntry[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    const type = bytes.readUInt16LE(at + 4)
    if (type === NLMSG_DONE || type === NLMSG_ERROR || length < HEADER_BYTES || at + length > bytes.length) {
      return { entries, isLast: true }
    }
    if (type === SOCK_DIAG_BY_FAMILY && length >= HEADER_BYTES + ENTRY_BYTES) {
      entries.push(decodeEntry(bytes.subarray(at + HEADER_BYTES, at + length), protocol))
    }
    at += (length + 3) & ~3 // NLMSG_ALIGN
  }
  return { entries, isLast: entries.length === 0 }
}

/** struct inet_diag_msg: family, state, timer, retrans, id, expires, rqueue, wqueue, uid, inode. */
function decodeEntry(message: Buffer, protocol: SocketEntry['protocol']): SocketEntry {
  const isIpv4 = message[0] === AF_INET
  const place = (port: number, address: number): SocketPlace => ({
    address: formatAddress(message.subarray(address, address + (isIpv4 ? 4 : 16))),
    port: message.readUInt16BE(port),
  })
  return {
    protocol,
    near: place(4, 8),
    far: place(6, 24),
    uid: message.readUInt32LE(64),
    inode: message.readUInt32LE(68),
    id: Uint8Array.from([message[0] ?? 0, ...message.subarray(4, 4 + ID_BYTES)]),
  }
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

function formatAddress(address: Buffer): string {
  if (address.length === 4) return address.join('.')
  if (address.subarray(0, 12).equals(MAPPED)) return address.subarray(12).join('.')
  return formatIpv6Groups(Array.from({ length: 8 }, (_, at) => address.readUInt16BE(at * 2)))
}

/** Report whether a socket's far end is beyond this machine. `own` are the addresses of its interfaces. */
export function leavesMachine({ far: { address } }: SocketEntry, own: ReadonlySet<string>): boolean {
  return !(address.startsWith('127.') || NOWHERE.includes(address) || own.has(address))
}

const NOWHERE = ['0.0.0.0', '::', '::1']
