import koffi from 'koffi'

/** The calls of libc that Node does not offer. Each is bound once, at first use. */
const libc = koffi.load('libc.so.6')

const rawFlock = libc.func('int flock(int, int)')
const rawSocket = libc.func('int socket(int, int, int)')
const rawSend = libc.func('long send(int, const void *, size_t, int)')
const rawReceive = libc.func('long recv(int, _Out_ void *, size_t, int)')
const rawSetsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)')
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
