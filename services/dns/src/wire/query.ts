import { RCODE, type Rcode } from './rcode.ts'
import { TYPE } from './record-type.ts'

/** What a query says of itself in its OPT record (RFC 6891). Its options are for others: none is passed on. */
export interface Edns {
  readonly version: number
  /** The longest answer over UDP that the asker takes. */
  readonly udpBytes: number
}

/** One question to us. */
export interface Query {
  readonly id: number
  readonly recursionDesired: boolean
  /** The question as it was asked: an answer repeats its bytes, case included (RFC 1034 section 3.6). */
  readonly question: Buffer
  /** The question in lower case, as text of one character a byte: equal for equal questions (RFC 4343). */
  readonly key: string
  readonly type: number
  readonly class: number
  readonly edns: Edns | undefined
  /** The name in lower case, without a dot at the end. A dot within a label is written `\.`, which no host name has. */
  name(): string
}

/** What came in: a question, something that is answered with an error, or something that gets no answer. */
export type QueryDecoding =
  | { readonly type: 'query'; readonly query: Query }
  | { readonly type: 'failure'; readonly id: number; readonly recursionDesired: boolean; readonly rcode: Rcode }
  | { readonly type: 'silence' }

const HEADER_BYTES = 12
const LABEL_MAX_BYTES = 63
const NAME_MAX_BYTES = 255
/** Type and class behind the name. */
const QUESTION_TAIL_BYTES = 4
/** The root as name, type, class, TTL and length of an OPT record. */
const OPT_HEAD_BYTES = 11

/** One message is decoded at a time, so one place to lower a question in is enough. */
const scratch = Buffer.alloc(NAME_MAX_BYTES + QUESTION_TAIL_BYTES)

/**
 * Decode a message that somebody sent us. `bytes` must not change afterwards.
 *
 * A response is not answered, nor what is too short to be one of ours (a loop of two servers must end). Anything but
 * one question of opcode QUERY, with nothing beside it than an OPT record, is a mistake (RFC 9619, RFC 6891).
 */
export function decodeQuery(bytes: Buffer): QueryDecoding {
  if (bytes.length < HEADER_BYTES) return { type: 'silence' }
  const flags = bytes.readUInt16BE(2)
  if ((flags & 0x8000) !== 0) return { type: 'silence' }
  const id = bytes.readUInt16BE(0)
  const recursionDesired = (flags & 0x0100) !== 0
  const fail = (rcode: Rcode): QueryDecoding => ({ type: 'failure', id, recursionDesired, rcode })
  if ((flags & 0x7800) !== 0) return fail(RCODE.NOTIMP)
  // RFC 9619: exactly one question. The counts are believed only as far as there are bytes for them.
  if (bytes.readUInt16BE(4) !== 1 || bytes.readUInt32BE(6) !== 0) return fail(RCODE.FORMERR)
  const additional = bytes.readUInt16BE(10)
  const nameEnd = findNameEnd(bytes)
  if (nameEnd === undefined || additional > 1) return fail(RCODE.FORMERR)
  const end = nameEnd + QUESTION_TAIL_BYTES
  if (bytes.length < end) return fail(RCODE.FORMERR)
  let edns: Edns | undefined
  if (additional === 1) {
    edns = decodeOpt(bytes, end)
    if (edns === undefined) return fail(RCODE.FORMERR)
  } else if (bytes.length !== end) return fail(RCODE.FORMERR)
  const question = bytes.subarray(HEADER_BYTES, end)
  const key = lower(question, nameEnd - HEADER_BYTES)
  const type = bytes.readUInt16BE(nameEnd)
  const name = (): string => textOf(key)
  return {
    type: 'query',
    query: { id, recursionDesired, question, key, type, class: bytes.readUInt16BE(nameEnd + 2), edns, name },
  }
}

/** Find where the name of the question ends. There is nothing before it that a pointer could lead to. */
function findNameEnd(bytes: Buffer): number | undefined {
  let at = HEADER_BYTES
  for (;;) {
    const length = bytes[at]
    if (length === undefined || length > LABEL_MAX_BYTES) return undefined
    at += 1 + length
    if (at - HEADER_BYTES > NAME_MAX_BYTES) return undefined
    if (length === 0) return at
  }
}

/** Read the OPT record that ends the message (RFC 6891 section 6.1.2); its options must fill its data exactly. */
function decodeOpt(bytes: Buffer, start: number): Edns | undefined {
  const dataStart = start + OPT_HEAD_BYTES
  if (bytes.length < dataStart || bytes[start] !== 0 || bytes.readUInt16BE(start + 1) !== TYPE.OPT) return undefined
  if (bytes.length !== dataStart + bytes.readUInt16BE(start + 9)) return undefined
  for (let at = dataStart; at < bytes.length; ) {
    if (bytes.length < at + 4) return undefined
    at += 4 + bytes.readUInt16BE(at + 2)
    if (at > bytes.length) return undefined
  }
  return { version: bytes[start + 6] ?? 0, udpBytes: bytes.readUInt16BE(start + 3) }
}

/** Lower the letters of the name, which is the first `nameBytes` of the question; lengths are below all letters. */
function lower(question: Buffer, nameBytes: number): string {
  for (let at = 0; at < question.length; at++) {
    const byte = question[at] ?? 0
    scratch[at] = at < nameBytes && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }
  return scratch.toString('latin1', 0, question.length)
}

function textOf(key: string): string {
  const labels: string[] = []
  for (let at = 0; ; ) {
    const length = key.charCodeAt(at)
    if (length === 0) return labels.join('.')
    labels.push(key.slice(at + 1, at + 1 + length).replaceAll('.', '\\.'))
    at += 1 + length
  }
}
