import koffi from 'koffi'

const libc = koffi.load('libc.so.6')
const rawSocket = libc.func('int socket(int, int, int)')
const rawSendTo = libc.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)')
const rawClose = libc.func('int close(int)')

const AF_UNIX = 1
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000
/** unix(7): sun_path is 108 bytes. An abstract name fills them without an end. */
const SUN_PATH_BYTES = 108

/**
 * Send one datagram to an AF_UNIX socket without waiting, and report whether it went.
 *
 * `address` is a path, or an abstract name behind an `@`. Node has no datagrams of this family.
 */
export function sendUnixDatagram(address: string, bytes: Uint8Array): boolean {
  const name = Buffer.from(address.startsWith('@') ? `\0${address.slice(1)}` : `${address}\0`)
  if (name.length > SUN_PATH_BYTES || !/^[@/]./.test(address)) return false
  const family = Buffer.alloc(2)
  family.writeUInt16LE(AF_UNIX)
  const place = Buffer.concat([family, name])
  const descriptor = rawSocket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0)
  if (descriptor < 0) return false
  try {
    const sent = Number(rawSendTo(descriptor, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL, place, place.length))
    return sent === bytes.length
  } finally {
    rawClose(descriptor)
  }
}
