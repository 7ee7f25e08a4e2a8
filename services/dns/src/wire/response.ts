import { type AnswerBody, EMPTY_BODY, lowerTtl } from './answer-body.ts'
import type { ExtendedError } from './extended-error.ts'
import type { Query } from './query.ts'
import type { Rcode } from './rcode.ts'
import { TYPE } from './record-type.ts'

/** What a question is answered with. */
export interface Reply {
  readonly rcode: Rcode
  readonly body: AnswerBody
  /** Seconds that the body has been kept: its times to live are lower by as much. */
  readonly ageSeconds?: number
  /** Said to askers that know EDNS. */
  readonly extended?: ExtendedError | undefined
}

/** What every asker takes over UDP (RFC 1035 section 4.2.1). */
const UDP_LEAST_BYTES = 512
/** What we say that we take, and never exceed over UDP. Nothing is fragmented on loopback; arbitrary. */
export const UDP_MOST_BYTES = 4096

const HEADER_BYTES = 12
/** An OPT record without options (RFC 6891 section 6.1.2). */
export const OPT_BYTES = 11
const OPTION_HEAD_BYTES = 4
const EXTENDED_ERROR = 15 // RFC 8914 section 2

const RESPONSE = 0x80
const TRUNCATED = 0x02
const RECURSION_DESIRED = 0x01
const RECURSION_AVAILABLE = 0x80

/** The longest response over UDP to an asker that takes `udpBytes`; undefined where it does not know EDNS. */
export const longestOverUdp = (udpBytes: number | undefined): number =>
  Math.min(UDP_MOST_BYTES, Math.max(UDP_LEAST_BYTES, udpBytes ?? 0))

/**
 * Encode the response to `query`.
 *
 * Over UDP one that is too long is cut to nothing with TC, and the asker comes back over TCP (RFC 2181 section 9).
 */
export function encodeResponse(query: Query, reply: Reply, transport: 'udp' | 'tcp'): Buffer {
  const { question, edns } = query
  const note = edns === undefined ? undefined : reply.extended
  const noteBytes = note === undefined ? 0 : OPTION_HEAD_BYTES + 2 + Buffer.byteLength(note.text)
  const optBytes = edns === undefined ? 0 : OPT_BYTES + noteBytes
  const longest = transport === 'tcp' ? 65_535 : longestOverUdp(edns?.udpBytes)
  const bodyStart = HEADER_BYTES + question.length
  const fits = bodyStart + reply.body.bytes.length + optBytes <= longest
  const body = fits ? reply.body : EMPTY_BODY
  const optStart = bodyStart + body.bytes.length
  const response = Buffer.allocUnsafe(optStart + optBytes)
  writeHeader(response, { ...query, rcode: reply.rcode, isCut: !fits })
  writeCounts(response, { ...body, hasOpt: edns !== undefined })
  question.copy(response, HEADER_BYTES)
  body.bytes.copy(response, bodyStart)
  const ageSeconds = reply.ageSeconds ?? 0
  for (const at of body.ttlsAt) lowerTtl(response, bodyStart + at, ageSeconds)
  if (edns === undefined) return response
  writeOpt(response, optStart, reply.rcode, noteBytes)
  if (note !== undefined) {
    response.writeUInt16BE(EXTENDED_ERROR, optStart + OPT_BYTES)
    response.writeUInt16BE(noteBytes - OPTION_HEAD_BYTES, optStart + OPT_BYTES + 2)
    response.writeUInt16BE(note.code, optStart + OPT_BYTES + 4)
    response.write(note.text, optStart + OPT_BYTES + 6, 'utf8')
  }
  return response
}

/** Encode the answer to a message that is no question: a header and nothing behind it. */
export function encodeFailure(query: Pick<Query, 'id' | 'recursionDesired'>, rcode: Rcode): Buffer {
  const response = Buffer.alloc(HEADER_BYTES)
  writeHeader(response, { ...query, rcode, isCut: false })
  return response
}

/** Write id and flags. Never authoritative and never authenticated (AD): we vouch for nobody. */
export function writeHeader(
  response: Buffer,
  { id, recursionDesired, rcode, isCut }: Pick<Query, 'id' | 'recursionDesired'> & { rcode: Rcode; isCut: boolean },
): void {
  response.writeUInt16BE(id, 0)
  response[2] = RESPONSE | (isCut ? TRUNCATED : 0) | (recursionDesired ? RECURSION_DESIRED : 0)
  response[3] = RECURSION_AVAILABLE | (rcode & 0x0f)
}

/** Write how many records each section has, behind one question. */
export function writeCounts(
  response: Buffer,
  { answers, authorities, hasOpt }: { answers: number; authorities: number; hasOpt: boolean },
): void {
  response.writeUInt16BE(1, 4)
  response.writeUInt16BE(answers, 6)
  response.writeUInt16BE(authorities, 8)
  response.writeUInt16BE(hasOpt ? 1 : 0, 10)
}

/** Write our OPT record, whose data of `dataBytes` follows it. */
export function writeOpt(response: Buffer, at: number, rcode: Rcode, dataBytes: number): void {
  response[at] = 0
  response.writeUInt16BE(TYPE.OPT, at + 1)
  response.writeUInt16BE(UDP_MOST_BYTES, at + 3)
  response[at + 5] = rcode >> 4
  // Version 0; DO is not set, because no answer of ours is made for validators (RFC 3225 section 3).
  response[at + 6] = 0
  response.writeUInt16BE(0, at + 7)
  response.writeUInt16BE(dataBytes, at + 9)
}
