import {
  longestOverUdp,
  OPT_BYTES,
  PLAIN_KEY_BYTES,
  readPlainQuestion,
  writeCounts,
  writeHeader,
  writeOpt,
} from '../wire/index.ts'
import { type AnswerCache, NOWHERE } from './answer-cache.ts'

/** One message is answered at a time, so one place for a key is enough. */
const key = new Uint8Array(PLAIN_KEY_BYTES)

/** What stands behind the question in a key, so that virtual answers are never given for others. */
export const KEY_MARKS = { plain: 0, virtual: 1 } as const

export interface PlainMessage {
  /** The first `bytes` are the message. */
  readonly message: Buffer
  readonly bytes: number
  readonly mark: (typeof KEY_MARKS)[keyof typeof KEY_MARKS]
  /** Monotonic milliseconds. */
  readonly now: number
}

/**
 * Write the response over UDP to a plain question whose answer is kept into `response`, which has room for
 * UDP_MOST_BYTES; give its length, or 0 for what must go the slow way.
 *
 * The slow way (decode, find, encode) gives the same bytes; this one makes no values on the way.
 */
export function respondFromCache(
  cache: AnswerCache,
  { message, bytes, mark, now }: PlainMessage,
  response: Buffer,
): number {
  const question = readPlainQuestion(message, bytes, key)
  if (question === undefined) return 0
  const { end, udpBytes } = question
  const keyBytes = end - HEADER_BYTES
  key[keyBytes] = mark
  const place = cache.find(key, keyBytes + 1, now)
  if (place === NOWHERE) return 0
  const { pack } = cache
  const rcode = pack.rcodeOf(place)
  const hasOpt = udpBytes !== undefined
  const optBytes = hasOpt ? OPT_BYTES : 0
  const bodyEnd = end + pack.bodyBytesOf(place)
  const fits = bodyEnd + optBytes <= longestOverUdp(udpBytes)
  message.copy(response, 0, 0, end)
  const recursionDesired = message[2] === 1
  writeHeader(response, { id: message.readUInt16BE(0), recursionDesired, rcode, isCut: !fits })
  const [answers, authorities] = fits ? [pack.answersOf(place), pack.authoritiesOf(place)] : [0, 0]
  writeCounts(response, { answers, authorities, hasOpt })
  if (fits) pack.copyBody(place, response, end, now)
  const optStart = fits ? bodyEnd : end
  if (hasOpt) writeOpt(response, optStart, rcode, 0)
  return optStart + optBytes
}

const HEADER_BYTES = 12
