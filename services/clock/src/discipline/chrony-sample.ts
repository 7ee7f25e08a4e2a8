/** `SOCK_MAGIC` of chrony's refclock_sock.c, "SOCK" in ASCII. */
const MAGIC = 0x534f434b
const LENGTH = 40

/**
 * Encode a sample for chrony's SOCK refclock: `struct sock_sample` of a 64-bit Linux, in this machine's byte order.
 *
 * The offset is source minus local, which is chrony's sign too. `localMs` is the wall clock at which it held.
 */
export function encodeChronySample(localMs: number, offsetMs: number): Buffer {
  const sample = Buffer.alloc(LENGTH)
  const microseconds = BigInt(Math.round(localMs * 1000))
  sample.writeBigInt64LE(microseconds / 1_000_000n, 0) // tv_sec
  sample.writeBigInt64LE(microseconds % 1_000_000n, 8) // tv_usec
  sample.writeDoubleLE(offsetMs / 1000, 16)
  sample.writeInt32LE(0, 24) // pulse: no
  sample.writeInt32LE(0, 28) // leap: no warning; Tor tells of none
  sample.writeInt32LE(0, 32) // padding
  sample.writeInt32LE(MAGIC, 36)
  return sample
}
