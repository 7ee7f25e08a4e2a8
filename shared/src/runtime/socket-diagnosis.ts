/** The two ends of a TCP connection or a UDP exchange, from the side whose owner is sought. */
export interface SocketEnds {
  readonly protocol: 'tcp' | 'udp'
  readonly family: 'ipv4' | 'ipv6'
  /** Network byte order: 4 or 16 bytes. */
  readonly sourceAddress: Uint8Array
  readonly sourcePort: number
  readonly destinationAddress: Uint8Array
  readonly destinationPort: number
}

const HEADER_BYTES = 16 // struct nlmsghdr
const REQUEST_BYTES = 56 // struct inet_diag_req_v2
const SOCK_DIAG_BY_FAMILY = 20
const NLM_F_REQUEST = 1
const AF_INET = 2
const AF_INET6 = 10
const PROTOCOLS = { tcp: 6, udp: 17 } as const // IPPROTO_TCP, IPPROTO_UDP
const ALL_STATES = 0xffffffff
const NO_COOKIE = 0xffffffff

/** Encode the question "whose is exactly this connection?" for the kernel (sock_diag(7), inet_diag_req_v2). */
export function encodeSocketQuestion(ends: SocketEnds): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + REQUEST_BYTES)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4)
  message.writeUInt16LE(NLM_F_REQUEST, 6)
  message.writeUInt32LE(1, 8) // sequence number: one question a socket
  const at = HEADER_BYTES
  message[at] = ends.family === 'ipv4' ? AF_INET : AF_INET6
  message[at + 1] = PROTOCOLS[ends.protocol]
  message.writeUInt32LE(ALL_STATES, at + 4)
  // Of UDP the kernel takes what is called the source for the far end (udp_dump_one, "for historical reasons").
  const [near, far] = ends.protocol === 'tcp' ? [0, 1] : [1, 0]
  message.writeUInt16BE(ends.sourcePort, at + 8 + 2 * near)
  message.writeUInt16BE(ends.destinationPort, at + 8 + 2 * far)
  message.set(ends.sourceAddress, at + 12 + 16 * near)
  message.set(ends.destinationAddress, at + 12 + 16 * far)
  message.writeUInt32LE(0, at + 44) // any interface
  message.writeUInt32LE(NO_COOKIE, at + 48)
  message.writeUInt32LE(NO_COOKIE, at + 52)
  return message
}

const STATE_AT = HEADER_BYTES + 1
const PORTS_AT = HEADER_BYTES + 4
const UID_AT = HEADER_BYTES + 64 // struct inet_diag_msg: family, state, timer, retrans, id (48), expires, rqueue, wqueue, uid
const ANSWER_BYTES = HEADER_BYTES + 72
const TCP_TIME_WAIT = 6

/**
 * Decode the kernel's answer: the uid that owns the connection, or undefined where there is none.
 *
 * A connection that its program has let go of (no inode) belongs to nobody, and the kernel says uid 0: no answer. A UDP
 * socket that is bound to its own end alone has no far end.
 */
export function decodeSocketOwner(answer: Uint8Array, ends: SocketEnds): number | undefined {
  const { protocol, sourcePort, destinationPort } = ends
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.length)
  if (bytes.length < ANSWER_BYTES || bytes.readUInt16LE(4) !== SOCK_DIAG_BY_FAMILY) return undefined
  const far = bytes.readUInt16BE(PORTS_AT + 2)
  const isUnbound = protocol === 'udp' && far === 0
  if (bytes.readUInt16BE(PORTS_AT) !== sourcePort || (far !== destinationPort && !isUnbound)) return undefined
  if (protocol === 'tcp' && bytes[STATE_AT] === TCP_TIME_WAIT) return undefined
  const inode = bytes.readUInt32LE(UID_AT + 4)
  return inode === 0 ? undefined : bytes.readUInt32LE(UID_AT)
}
