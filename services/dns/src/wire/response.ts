import { type AnswerBody, EMPTY_BODY, lowerTtls } from './answer-body.ts'
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
const UDP_MOST_BYTES = 4096

const HEADER_BYTES = 12
const OPT_BYTES = 11
const OPTION_HEAD_BYTES = 4
const EXTENDED_ERROR = 15 // RFC 8914 section 2

const RESPONSE = 0x80
const TRUNCATED = 0x02
const RECURSION_DESIRED = 0x01
const RECURSION_AVAILABLE = 0x80

/**
 * Encode the response to `query`.
 *
 * Over UDP one that is too long is cut to nothing with TC, and the asker comes back over TCP (RFC 2181 section 9).
 * Never authoritative and never authenticated (AD): we vouch for nobody.
 */
export function encodeResponse(query: Query, reply: Reply, transport: 'udp' | 'tcp'): Buffer {
  const { question, edns } = query
  const note = edns === undefined ? undefined : reply.extended
  const noteBytes = note === undefined ? 0 : OPTION_HEAD_BYTES + 2 + Buffer.byteLength(note.text)
  const optBytes = edns === undefined ? 0 : OPT_BYTES + noteBytes
  const longest =
    transport === 'tcp' ? 65_535 : Math.min(UDP_MOST_BYTES, Math.max(UDP_LEAST_BYTES, edns?.udpBytes ?? 0))
  const bodyStart = HEADER_BYTES + question.length
  const fits = bodyStart + reply.body.bytes.length + optBytes <= longest
  const body = fits ? reply.body : EMPTY_BODY
  const optStart = bodyStart + body.bytes.length
  const response = Buffer.allocUnsafe(optStart + optBytes)
  writeHeader(response, query, reply.rcode, fits ? 0 : TRUNCATED)
  response.writeUInt16BE(1, 4)
  response.writeUInt16BE(body.answers, 6)
  response.writeUInt16BE(body.authorities, 8)
  response.writeUInt16BE(edns === undefined ? 0 : 1, 10)
  question.copy(response, HEADER_BYTES)
  body.bytes.copy(response, bodyStart)
  lowerTtls(response, bodyStart, body, reply.ageSeconds ?? 0)
  if (edns === undefined) return response
  response[optStart] = 0
  response.writeUInt16BE(TYPE.OPT, optStart + 1)
  response.writeUInt16BE(UDP_MOST_BYTES, optStart + 3)
  response[optStart + 5] = reply.rcode >> 4
  // Version 0; DO is not set, because no answer of ours is made for validators (RFC 3225 section 3).
  response[optStart + 6] = 0
  response.writeUInt16BE(0, optStart + 7)
  response.writeUInt16BE(noteBytes, optStart + 9)
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
  writeHeader(response, query, rcode, 0)
  return response
}

function writeHeader(
  response: Buffer,
  { id, recursionDesired }: Pick<Query, 'id' | 'recursionDesired'>,
  rcode: Rcode,
  truncated: number,
): void {
  response.writeUInt16BE(id, 0)
  response[2] = RESPONSE | truncated | (recursionDesired ? RECURSION_DESIRED : 0)
  response[3] = RECURSION_AVAILABLE | (rcode & 0x0f)
}
