import { TYPE } from './record-type.ts'

/** A question of the shape that nearly all have. */
export interface PlainQuestion {
  /** Where it ends in its message. */
  readonly end: number
  /** The longest answer over UDP that the asker takes; undefined where it does not know EDNS. */
  readonly udpBytes: number | undefined
}

const HEADER_BYTES = 12
const LABEL_MAX_BYTES = 63
const NAME_MAX_BYTES = 255
/** Type and class behind the name. */
const TAIL_BYTES = 4
const OPT_BYTES = 11
/** Authentic data and checking disabled (RFC 4035 section 3.2): dig sets them, and nobody here reads them. */
const AD_AND_CD = 0x30

/** The longest question, and room for a byte behind it. */
export const PLAIN_KEY_BYTES = NAME_MAX_BYTES + TAIL_BYTES + 1

/**
 * Read a question with no more than an OPT record without options beside it, from the first `bytes` of `message`.
 *
 * Its key, as {@link Query.key} has it, is written into `key`, which has room for {@link PLAIN_KEY_BYTES}. Undefined for
 * anything else, which may be a good question all the same: `decodeQuery` tells. No more than what that takes is taken.
 */
export function readPlainQuestion(message: Buffer, bytes: number, key: Uint8Array): PlainQuestion | undefined {
  if (!hasPlainHeader(message, bytes)) return undefined
  let at = HEADER_BYTES
  for (let length = -1; length !== 0; ) {
    length = message[at] ?? 0
    const next = at + 1 + length
    if (length > LABEL_MAX_BYTES || next - HEADER_BYTES > NAME_MAX_BYTES || next > bytes) return undefined
    // Lengths are below all letters.
    for (; at < next; at++) key[at - HEADER_BYTES] = lower(message[at] ?? 0)
  }
  const end = at + TAIL_BYTES
  if (end > bytes) return undefined
  for (; at < end; at++) key[at - HEADER_BYTES] = message[at] ?? 0
  if (message[11] === 0) return end === bytes ? { end, udpBytes: undefined } : undefined
  const isPlainOpt =
    bytes === end + OPT_BYTES &&
    message[end] === 0 &&
    message.readUInt16BE(end + 1) === TYPE.OPT &&
    message[end + 6] === 0 && // RFC 6891 section 6.1.3: the version
    message.readUInt16BE(end + 9) === 0
  return isPlainOpt ? { end, udpBytes: message.readUInt16BE(end + 3) } : undefined
}

/** One question, of opcode QUERY, with RD or without, and with one other record or none. */
const hasPlainHeader = (message: Buffer, bytes: number): boolean =>
  bytes > HEADER_BYTES &&
  ((message[2] ?? 0) & 0xfe) === 0 &&
  ((message[3] ?? 0) & ~AD_AND_CD) === 0 &&
  message.readUInt32BE(4) === 0x0001_0000 &&
  message.readUInt16BE(8) === 0 &&
  message.readUInt16BE(10) <= 1

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)
