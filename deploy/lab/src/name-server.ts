import { decode, encode, type Packet, type Question } from 'dns-packet'
import { RCODES, type Rcode, replyTo, type Zone } from './zones.ts'

/** The longest answer over UDP without EDNS (RFC 1035 section 4.2.1). */
const UDP_MAX_BYTES = 512

// RFC 1035 section 4.1.1, as dns-packet numbers the flag bits.
const AUTHORITATIVE = 0x0400
const TRUNCATED = 0x0200
const RECURSION_DESIRED = 0x0100
const RECURSION_AVAILABLE = 0x0080

/**
 * Answer one DNS query, or nothing.
 *
 * Bytes that are no query get no answer; a query that we do not serve (not one question, not class IN, not opcode
 * QUERY) gets NOTIMP. Over UDP an answer that does not fit is cut to its header, and the asker comes back over TCP.
 */
export function answerQuery(zones: readonly Zone[], query: Uint8Array, transport: 'udp' | 'tcp'): Buffer | undefined {
  const packet = decodeQuery(query)
  if (packet === undefined) return undefined
  const question = soleQuestion(packet)
  if (question === undefined) return respond(packet, 'NOTIMP', [])
  const reply = replyTo(zones, question)
  if (reply.type === 'silence') return undefined
  const whole = respond(packet, reply.rcode, [...reply.answers])
  return transport === 'udp' && whole.length > UDP_MAX_BYTES ? respond(packet, reply.rcode, [], TRUNCATED) : whole
}

function decodeQuery(bytes: Uint8Array): Packet | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // dns-packet allocates by the header's counts before it looks; a query needs one question and at most an OPT record.
  if (buffer.length < 12 || buffer.readUInt16BE(4) > 1) return undefined
  for (const count of [6, 8, 10]) if (buffer.readUInt16BE(count) > 1) return undefined
  try {
    const packet = decode(buffer)
    return packet.type === 'query' ? packet : undefined
  } catch {
    // dns-packet reports malformed bytes only by throwing, with nothing in it that would help the asker.
    return undefined
  }
}

function soleQuestion({ questions, flags }: Packet): Question | undefined {
  const [question] = questions ?? []
  const opcode = ((flags ?? 0) >> 11) & 0xf
  return opcode === 0 && question?.class === 'IN' ? question : undefined
}

const respond = ({ id, flags, questions }: Packet, rcode: Rcode, answers: Packet['answers'], further = 0): Buffer =>
  encode({
    type: 'response',
    ...(id === undefined ? {} : { id }),
    flags: AUTHORITATIVE | RECURSION_AVAILABLE | ((flags ?? 0) & RECURSION_DESIRED) | further | RCODES[rcode],
    ...(questions === undefined ? {} : { questions }),
    ...(answers === undefined ? {} : { answers }),
  })
