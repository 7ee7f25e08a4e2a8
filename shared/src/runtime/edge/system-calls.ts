import { getSystemErrorName } from 'node:util'
import koffi from 'koffi'

/** The calls of libc that Node does not offer. Each is bound once, at first use. */
const libc = koffi.load('libc.so.6')

const rawFlock = libc.func('int flock(int, int)')
const rawSocket = libc.func('int socket(int, int, int)')
const rawSend = libc.func('long send(int, const void *, size_t, int)')
const rawReceive = libc.func('long recv(int, _Out_ void *, size_t, int)')
const rawSetsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)')
const rawBind = libc.func('int bind(int, const void *, uint32_t)')
const rawReceiveMany = libc.func('int recvmmsg(int, void *, unsigned int, int, void *)')
const rawSendMany = libc.func('int sendmmsg(int, const void *, unsigned int, int)')
const rawClose = libc.func('int close(int)')

const LOCK_EX = 2
const LOCK_NB = 4

/** Try to take the exclusive flock(2) on an open file; report whether it is ours. */
export const flock = (descriptor: number): boolean => rawFlock(descriptor, LOCK_EX | LOCK_NB) === 0

const ALL_DESCRIPTORS = 0xffffffff
const FIRST_AFTER_STDIO = 3
const CLOSE_RANGE_CLOEXEC = 4

/**
 * Let no descriptor that we were started with pass on to what we start (close_range(2)).
 *
 * Node sees to its own, and to inherited ones only up to the first gap. Without the call (Linux before 5.11) nothing
 * happens.
 */
export function inheritNothing(): void {
  try {
    const closeRange = libc.func('int close_range(unsigned int, unsigned int, int)')
    closeRange(FIRST_AFTER_STDIO, ALL_DESCRIPTORS, CLOSE_RANGE_CLOEXEC)
  } catch {
    // glibc before 2.34 does not have it.
  }
}

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 3 | 0o2000000
const NETLINK_SOCK_DIAG = 4
const SOL_SOCKET = 1
const SO_RCVTIMEO = 20

/**
 * Run a dialogue with the kernel's socket diagnosis on a socket of its own. Report whether `take` had enough: false
 * means that the kernel refused, or was silent for `timeoutMs`.
 */
export function talkToSocketDiagnosis(
  request: Uint8Array,
  timeoutMs: number,
  /** Takes each answer; false ends the dialogue. */
  take: (answer: Buffer) => boolean,
): boolean {
  const descriptor = openDiagnosis(timeoutMs)
  if (descriptor === undefined) return false
  try {
    if (Number(rawSend(descriptor, request, request.length, 0)) !== request.length) return false
    const answer = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const length = Number(rawReceive(descriptor, answer, answer.length, 0))
      if (length <= 0) return false
      if (!take(answer.subarray(0, length))) return true
    }
  } finally {
    rawClose(descriptor)
  }
}

/** The kernel fills at most 32 KiB at a time (netlink_dump). */
const CHUNK_BYTES = 65_536

/** The socket on which the kernel is asked; opened at first use and kept, which makes a question four times cheaper. */
let diagnosis: number | undefined

function openDiagnosis(timeoutMs: number): number | undefined {
  const descriptor = rawSocket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG)
  if (descriptor < 0) return undefined
  const timeout = Buffer.alloc(16) // struct timeval: seconds, microseconds
  timeout.writeBigInt64LE(BigInt(Math.trunc(timeoutMs / 1000)), 0)
  timeout.writeBigInt64LE(BigInt((timeoutMs % 1000) * 1000), 8)
  if (rawSetsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length) === 0) return descriptor
  rawClose(descriptor)
  return undefined
}

/**
 * Ask the kernel's socket diagnosis (sock_diag(7)) one blocking question; undefined if it does not answer in `timeoutMs`.
 *
 * The socket is shared by all questions of the process, so one that goes wrong is thrown away: a late answer must not
 * be taken for that of the next.
 */
export function askSocketDiagnosis(request: Uint8Array, timeoutMs: number): Buffer | undefined {
  diagnosis ??= openDiagnosis(timeoutMs)
  if (diagnosis === undefined) return undefined
  const answer = Buffer.alloc(1024)
  const sent = Number(rawSend(diagnosis, request, request.length, 0))
  const length = sent === request.length ? Number(rawReceive(diagnosis, answer, answer.length, 0)) : -1
  if (length > 0) return answer.subarray(0, length)
  rawClose(diagnosis)
  diagnosis = undefined
  return undefined
}

const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SO_REUSEADDR = 2
const MSG_DONTWAIT = 0x40

/** Fail as Node does: an error with the name of the system's. */
function systemError(call: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(-koffi.errno())
  return Object.assign(new Error(`${call} ${code}`), { code, syscall: call })
}

/** Open a UDP socket of IPv4 that has no address yet (socket(2)). */
export function openDatagrams(): number {
  const descriptor = rawSocket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (descriptor < 0) throw systemError('socket')
  return descriptor
}

/** Let nobody else open the address of a socket (SO_REUSEADDR, socket(7)). */
export function reuseNothing(descriptor: number): void {
  if (rawSetsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, Buffer.alloc(4), 4) !== 0) throw systemError('setsockopt')
}

/** Give a socket its address (bind(2), ip(7)): a struct sockaddr_in. */
export function bindInternet(descriptor: number, name: Uint8Array): void {
  if (rawBind(descriptor, name, name.length) !== 0) throw systemError('bind')
}

/** Receive datagrams into `headers`, an array of struct mmsghdr, without waiting; below 0 where that fails. */
export const receiveMany = (descriptor: number, headers: Uint8Array, count: number): number =>
  rawReceiveMany(descriptor, headers, count, MSG_DONTWAIT, null)

/** Send the datagrams of `headers`, an array of struct mmsghdr, without waiting; below 0 where not even the first goes. */
export const sendMany = (descriptor: number, headers: Uint8Array, count: number): number =>
  rawSendMany(descriptor, headers, count, MSG_DONTWAIT)

/** Close what no other party closes (close(2)). */
export const closeDescriptor = (descriptor: number): void => void rawClose(descriptor)
