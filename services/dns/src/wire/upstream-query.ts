import type { Query } from './query.ts'
import { TYPE } from './record-type.ts'

const HEADER_BYTES = 12
const OPT_BYTES = 11
const OPTION_HEAD_BYTES = 4
const PADDING = 12 // RFC 7830 section 3
/** RFC 8467 section 4.1: a query is padded to the next multiple of this, so that its length tells nothing of the name. */
const BLOCK_BYTES = 128
/** What a resolver may send over TCP is bounded by the frame; over UDP we never ask. Any value from 1220 up would do. */
const UDP_BYTES = 1232

/**
 * Encode the question of `query` for a resolver of the app's own.
 *
 * Nothing of what the program sent besides goes along: no client subnet, no cookie, no DO. The letters are lowered, so
 * that they mark nobody.
 */
export function encodeUpstreamQuery(id: number, { key }: Query): Buffer {
  const plain = HEADER_BYTES + key.length + OPT_BYTES + OPTION_HEAD_BYTES
  const message = Buffer.alloc(Math.ceil(plain / BLOCK_BYTES) * BLOCK_BYTES)
  message.writeUInt16BE(id, 0)
  message.writeUInt16BE(0x0100, 2) // recursion desired
  message.writeUInt16BE(1, 4)
  message.writeUInt16BE(1, 10)
  message.write(key, HEADER_BYTES, 'latin1')
  const opt = HEADER_BYTES + key.length
  const padding = message.length - plain
  message.writeUInt16BE(TYPE.OPT, opt + 1)
  message.writeUInt16BE(UDP_BYTES, opt + 3)
  message.writeUInt16BE(OPTION_HEAD_BYTES + padding, opt + 9)
  message.writeUInt16BE(PADDING, opt + OPT_BYTES)
  message.writeUInt16BE(padding, opt + OPT_BYTES + 2)
  return message
}
