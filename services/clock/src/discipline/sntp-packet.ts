/** RFC 5905 section 7.3: the header without extensions. */
const HEADER_BYTES = 48
/** Seconds from 1900 to 1970. */
const UNIX_ERA_OFFSET = 2_208_988_800n
const MODE_CLIENT = 3
const MODE_SERVER = 4
const LEAP_NONE = 0
/** The clock has never been synchronized (RFC 5905 figure 9). */
const LEAP_UNKNOWN = 3
/** Far from any reference clock, so that whoever has a better server prefers it. Arbitrary. */
const STRATUM = 8
/** A power of two of a second: 2 ms, below what a measurement through Tor can tell. */
const PRECISION = -9

/** What a client sent, as far as it matters. */
export interface SntpRequest {
  readonly version: number
  readonly poll: number
  /** Its transmit timestamp, which the answer repeats as origin. */
  readonly transmit: Buffer
}

/** What the answer says. */
export interface SntpTime {
  readonly receivedMs: number
  readonly transmittedMs: number
  /** The time of the last measurement. All in milliseconds since 1970. */
  readonly referenceMs: number
  readonly delayMs: number
  readonly boundMs: number
}

/** Decode a client's request; undefined means that nothing is answered. */
export function decodeSntpRequest(bytes: Buffer): SntpRequest | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const first = bytes.readUInt8(0)
  const version = (first >> 3) & 7
  if ((first & 7) !== MODE_CLIENT || version < 1 || version > 4) return undefined
  return { version, poll: bytes.readInt8(2), transmit: Buffer.from(bytes.subarray(40, 48)) }
}

/**
 * Encode the answer. Without a time, the leap indicator is unknown and the stratum 0 with the kiss code INIT (RFC 5905
 * section 7.4): the client must not use it.
 *
 * Root distance (root delay / 2 + root dispersion) is the whole bound.
 */
export function encodeSntpAnswer({ version, poll, transmit }: SntpRequest, time: SntpTime | undefined): Buffer {
  const answer = Buffer.alloc(HEADER_BYTES)
  const leap = time === undefined ? LEAP_UNKNOWN : LEAP_NONE
  answer.writeUInt8((leap << 6) | (version << 3) | MODE_SERVER, 0)
  answer.writeInt8(poll, 2)
  answer.writeInt8(PRECISION, 3)
  transmit.copy(answer, 24)
  if (time === undefined) {
    answer.write('INIT', 12, 'latin1')
    return answer
  }
  const { delayMs, boundMs } = time
  answer.writeUInt8(STRATUM, 1)
  answer.writeUInt32BE(shortFormat(delayMs), 4)
  answer.writeUInt32BE(shortFormat(Math.max(0, boundMs - delayMs / 2)), 8)
  answer.write('CRDN', 12, 'latin1') // for loop detection alone; any four bytes that nobody else has
  answer.writeBigUInt64BE(timestamp(time.referenceMs), 16)
  answer.writeBigUInt64BE(timestamp(time.receivedMs), 32)
  answer.writeBigUInt64BE(timestamp(time.transmittedMs), 40)
  return answer
}

/** NTP short format: 16.16 seconds, rounded up. */
const shortFormat = (ms: number): number => Math.min(0xffffffff, Math.ceil((ms / 1000) * 65_536))

/** NTP timestamp format: 32.32 seconds since 1900, of whatever era (RFC 5905 section 6). */
function timestamp(unixMs: number): bigint {
  const microseconds = BigInt(Math.round(unixMs * 1000))
  const seconds = microseconds / 1_000_000n + UNIX_ERA_OFFSET
  const fraction = ((microseconds % 1_000_000n) << 32n) / 1_000_000n
  return ((seconds & 0xffff_ffffn) << 32n) | fraction
}
