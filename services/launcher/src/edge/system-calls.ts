import koffi from 'koffi'

/** Calls of libc that Node does not offer, for the process inside. */
const libc = koffi.load('libc.so.6')
const rawSocket = libc.func('int socket(int, int, int)')
const rawSetsockopt = libc.func('int setsockopt(int, int, int, const int *, uint32_t)')
const rawBind = libc.func('int bind(int, const void *, uint32_t)')
const rawListen = libc.func('int listen(int, int)')
const rawFcntl = libc.func('int fcntl(int, int, ...)')
const rawDup2 = libc.func('int dup2(int, int)')
const rawMemfd = libc.func('int memfd_create(const char *, unsigned int)')

const rawSendto = libc.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)')
const rawReceive = libc.func('long recv(int, _Out_ void *, size_t, int)')
const rawClose = libc.func('int close(int)')
const rawMount = libc.func('int mount(const char *, const char *, const char *, unsigned long, const char *)')
const rawUnmount = libc.func('int umount2(const char *, int)')

const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SOL_IP = 0
const IP_TRANSPARENT = 19
const SOL_IPV6 = 41
const IPV6_V6ONLY = 26
const IPV6_TRANSPARENT = 75
const F_SETFD = 2

/** A queue of connections that nobody waits in for long. Arbitrary. */
const BACKLOG = 1024

/** Throw with the name of a call that failed. */
function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed (errno ${koffi.errno()})`)
  return result
}

/** Open a TCP listener that takes connections to any address (IP_TRANSPARENT, ip(7)); return its descriptor. */
export function openTransparentListener(family: 'ipv4' | 'ipv6', address: Uint8Array, port: number): number {
  const isIpv6 = family === 'ipv6'
  const descriptor = check('socket', rawSocket(isIpv6 ? AF_INET6 : AF_INET, SOCK_STREAM_CLOEXEC, 0))
  const set = (level: number, option: number): number =>
    check('setsockopt', rawSetsockopt(descriptor, level, option, [1], 4))
  // What it accepts holds the port that was wanted, which the program could not listen at until it is over.
  set(SOL_SOCKET, SO_REUSEADDR)
  if (isIpv6) set(SOL_IPV6, IPV6_V6ONLY)
  set(isIpv6 ? SOL_IPV6 : SOL_IP, isIpv6 ? IPV6_TRANSPARENT : IP_TRANSPARENT)
  const name = encodeSocketAddress(family, address, port)
  check('bind', rawBind(descriptor, name, name.length))
  check('listen', rawListen(descriptor, BACKLOG))
  return descriptor
}

/** Write struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)). */
function encodeSocketAddress(family: 'ipv4' | 'ipv6', address: Uint8Array, port: number): Buffer {
  const name = Buffer.alloc(family === 'ipv6' ? 28 : 16)
  name.writeUInt16LE(family === 'ipv6' ? AF_INET6 : AF_INET, 0)
  name.writeUInt16BE(port, 2)
  name.set(address, family === 'ipv6' ? 8 : 4)
  return name
}

/** Make a file in memory that what we become inherits (memfd_create(2)); return its descriptor. */
export const openInheritedMemory = (): number => check('memfd_create', rawMemfd('cordon', 0))

/** Let what we become inherit a descriptor. */
export const keepOnExec = (descriptor: number): void => {
  check('fcntl', rawFcntl(descriptor, F_SETFD, 'int', 0))
}

/** Make `copy` another name of `descriptor`, which what we become inherits. */
export const copyDescriptor = (descriptor: number, copy: number): void => {
  check('dup2', rawDup2(descriptor, copy))
}

/** Flags of mount(2): read-only, and nothing in it gives rights, is a device, or is run. */
const MS_RDONLY_NOSUID_NODEV_NOEXEC = 1 | 2 | 4 | 8

/** Mount a file system. `data` is what its type takes. */
export const mount = (type: string, target: string, data: string, isHarmless = false): void => {
  check('mount', rawMount(type, target, type, isHarmless ? MS_RDONLY_NOSUID_NODEV_NOEXEC : 0, data))
}

/** Take a mount away. What is used of it stays. */
export const unmount = (target: string): void => {
  check('umount', rawUnmount(target, 0))
}

/** A datagram socket as socket(2) takes it, and where to send; `to` is struct sockaddr in hexadecimal. */
export interface RawSend {
  readonly family: number
  readonly type: number
  readonly protocol: number
  readonly to: string
}

const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000

/** Send one message by a socket of any kind. Return what refused it, or undefined when the kernel took it. */
export function sendRaw({ family, type, protocol, to }: RawSend, message: Uint8Array): string | undefined {
  const descriptor = rawSocket(family, type | SOCK_NONBLOCK_CLOEXEC, protocol)
  if (descriptor < 0) return `socket: errno ${koffi.errno()}`
  const address = Buffer.from(to, 'hex')
  const sent = Number(rawSendto(descriptor, message, message.length, 0, address, address.length))
  const errno = koffi.errno()
  rawClose(descriptor)
  return sent < 0 ? `send: errno ${errno}` : undefined
}

const AF_PACKET = 17
const SOCK_RAW = 3
/** ETH_P_ALL in network byte order (packet(7)). */
const EVERY_PROTOCOL = 0x0300
const MSG_DONTWAIT = 0x40
const FRAME_MAX_BYTES = 65_536

/** Packets on every interface of this network namespace. */
export interface Capture {
  /** Take the frames that have come since the last time. */
  take(): readonly Buffer[]
  close(): void
}

/** Start to capture, or return undefined where this user may not. */
export function openCapture(): Capture | undefined {
  const descriptor = rawSocket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK_CLOEXEC, EVERY_PROTOCOL)
  if (descriptor < 0) return undefined
  const buffer = Buffer.alloc(FRAME_MAX_BYTES)
  return {
    take: () => {
      const frames: Buffer[] = []
      for (;;) {
        const length = Number(rawReceive(descriptor, buffer, buffer.length, MSG_DONTWAIT))
        if (length <= 0) return frames
        frames.push(Buffer.from(buffer.subarray(0, length)))
      }
    },
    close: () => void rawClose(descriptor),
  }
}
