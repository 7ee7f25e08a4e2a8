import { judgeAddress } from '@cordon/shared/names'
import { type Answer, type DecodedPacket, decode, encode } from 'dns-packet'
import { type AnswerBody, EMPTY_BODY } from './answer-body.ts'
import type { Query } from './query.ts'
import { RCODE } from './rcode.ts'
import { readServiceHints } from './service-hints.ts'

/** What a resolver said, as far as it may pass on. */
export type UpstreamAnswer =
  | {
      readonly type: 'answer'
      readonly rcode: typeof RCODE.NOERROR | typeof RCODE.NXDOMAIN
      readonly body: AnswerBody
      /** How long it may be kept; 0: not at all (RFC 2308 section 5: without an SOA nothing negative). */
      readonly ttl: number
      /** Whether an address inside this machine or its network was taken out (rebinding). */
      readonly withheld: boolean
    }
  /** It failed, and says so: SERVFAIL, REFUSED and the like. */
  | { readonly type: 'failed' }
  /** It is no answer to the question. `why` names the field. */
  | { readonly type: 'malformed'; readonly why: string }

const HEADER_BYTES = 12
/** Type, class, TTL and length, behind the name of a record (RFC 1035 section 4.1.3). */
const RECORD_HEAD_BYTES = 10
const POINTER = 0xc0
/** What still fits into a message with header and the longest question. */
const BODY_MOST_BYTES = 64_000
/** An hour: what has moved is noticed the same day. RFC 1035 allows 68 years. Arbitrary. */
const TTL_MOST_SECONDS = 3600
/** RFC 2308 section 5 suggests one to three hours as the most; a name that was made should not wait so long. */
const NEGATIVE_TTL_MOST_SECONDS = 300
/** A name of host names, wildcards and service labels, or the root: what no program takes for something else. */
const PLAIN_NAME = /^(\.|[A-Za-z0-9_*-]+(\.[A-Za-z0-9_*-]+)*\.?)?$/

const malformed = (why: string): UpstreamAnswer => ({ type: 'malformed', why })

/**
 * Accept what a resolver answered to `query`, of which it is told that the message has `id`.
 *
 * Kept are the records that answer the question, with the aliases that lead to them, and the SOA of a negative answer.
 * Taken out are internal addresses, and records with names that are no names.
 */
export function acceptUpstreamAnswer(bytes: Buffer, id: number, query: Query): UpstreamAnswer {
  if (bytes.length < HEADER_BYTES) return malformed('length')
  if (bytes.readUInt16BE(0) !== id) return malformed('id')
  const flags = bytes.readUInt16BE(2)
  if ((flags & 0xfa00) !== 0x8000) return malformed('flags') // a response, of opcode QUERY, whole (TC)
  const rcode = flags & 0x0f
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return { type: 'failed' }
  // dns-packet makes room for as many records as the counts say before it looks, and reads past short data.
  const counts = [6, 8, 10].reduce((sum, at) => sum + bytes.readUInt16BE(at), 0)
  const questionEnd = HEADER_BYTES + query.key.length
  if (bytes.readUInt16BE(4) !== 1) return malformed('question count')
  if (findRecordsEnd(bytes, questionEnd, counts) !== bytes.length) return malformed('records')
  if (bytes.toString('latin1', HEADER_BYTES, questionEnd).toLowerCase() !== query.key.toLowerCase())
    return malformed('question')
  const packet = decodePacket(bytes)
  if (packet === undefined) return malformed('records')
  const { kept, withheld } = selectAnswers(packet, query)
  const soa = (packet.authorities ?? []).filter(record => record.type === 'SOA').slice(0, 1)
  const answered = kept.some(record => typeNumber(record) === query.type)
  const authorities = answered ? [] : soa.filter(hasPlainNames)
  const body = encodeSections(kept, authorities)
  if (body === undefined) return malformed('length of its records')
  return { type: 'answer', rcode, body, ttl: judgeTtl(kept, authorities, answered), withheld }
}

/** Find where `count` records end, by their lengths alone; undefined where one is cut short. */
function findRecordsEnd(bytes: Buffer, start: number, count: number): number | undefined {
  let at = start
  for (let left = count; left > 0; left--) {
    for (let length = bytes[at]; length !== 0; length = bytes[at]) {
      if (length === undefined) return undefined
      if (length >= POINTER) {
        at += 1 // a pointer is two bytes, and ends the name
        break
      }
      at += 1 + length
    }
    at += 1 + RECORD_HEAD_BYTES
    if (at > bytes.length) return undefined
    at += bytes.readUInt16BE(at - 2)
  }
  return at
}

function decodePacket(bytes: Buffer): DecodedPacket | undefined {
  try {
    return decode(bytes)
  } catch {
    // dns-packet reports malformed bytes only by throwing.
    return undefined
  }
}

/** Follow the aliases from the question, and keep what stands at a name on that way. */
function selectAnswers(packet: DecodedPacket, query: Query): { kept: readonly Answer[]; withheld: boolean } {
  const onTheWay = new Set([query.name()])
  const records = packet.answers ?? []
  // Each round may find one more alias; a loop finds none that is new.
  for (let found = 0; found !== onTheWay.size; ) {
    found = onTheWay.size
    for (const { type, name, data } of records.map(aliasOf)) if (type && onTheWay.has(name)) onTheWay.add(data)
  }
  const answering = records.filter(
    record =>
      record.type !== 'OPT' &&
      onTheWay.has(lowered(record.name)) &&
      (typeNumber(record) === query.type || record.type === 'CNAME' || record.type === 'DNAME') &&
      hasPlainNames(record),
  )
  const kept = answering.filter(record => !isInternal(record))
  return { kept, withheld: kept.length < answering.length }
}

const aliasOf = (record: Answer): { type: boolean; name: string; data: string } => ({
  type: record.type === 'CNAME',
  name: lowered(record.name),
  data: record.type === 'CNAME' ? lowered(record.data as string) : '',
})

const lowered = (name: string): string => name.toLowerCase().replace(/\.$/, '')

/** dns-packet names a type that it does not know by its number. */
const NUMBERS: Readonly<Record<string, number>> = {
  ...{ A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, DNAME: 39, DS: 43 },
  ...{ SSHFP: 44, DNSKEY: 48, TLSA: 52, CAA: 257 },
}

const typeNumber = ({ type }: Answer): number => NUMBERS[type] ?? Number(/^UNKNOWN_(\d+)$/.exec(type)?.[1] ?? 0)

function isInternal(record: Answer): boolean {
  const { data } = record as { readonly data: unknown }
  switch (typeNumber(record)) {
    case 1:
    case 28:
      return judgeAddress(String(data)) !== undefined
    case 64:
    case 65: {
      // What cannot be read may hold anything.
      const hints = Buffer.isBuffer(data) ? readServiceHints(data) : undefined
      return hints === undefined || hints.some(address => judgeAddress(address) !== undefined)
    }
    default:
      return false
  }
}

function hasPlainNames(record: Answer): boolean {
  const { data } = record as { readonly data: unknown }
  const within: readonly unknown[] =
    typeof data === 'string' && ['CNAME', 'DNAME', 'NS', 'PTR'].includes(record.type)
      ? [data]
      : typeof data === 'object' && data !== null
        ? ['exchange', 'target', 'replacement', 'mname', 'rname'].map(key => (data as Record<string, unknown>)[key])
        : []
  return [record.name, ...within].every(name => name === undefined || PLAIN_NAME.test(String(name)))
}

function judgeTtl(kept: readonly Answer[], authorities: readonly Answer[], answered: boolean): number {
  const ttlOf = (record: Answer): number => clip((record as { readonly ttl?: number }).ttl, TTL_MOST_SECONDS)
  if (answered) return Math.min(...kept.map(ttlOf))
  const [soa] = authorities
  if (soa?.type !== 'SOA') return 0
  return Math.min(
    ...kept.map(ttlOf),
    clip(soa.ttl, NEGATIVE_TTL_MOST_SECONDS),
    clip(soa.data.minimum, NEGATIVE_TTL_MOST_SECONDS),
  )
}

/** RFC 2181 section 8: with the first bit set it is none. */
const clip = (ttl: number | undefined, most: number): number =>
  ttl === undefined || ttl > 0x7fffffff ? 0 : Math.min(ttl, most)

function encodeSections(answers: readonly Answer[], authorities: readonly Answer[]): AnswerBody | undefined {
  if (answers.length + authorities.length === 0) return EMPTY_BODY
  const clipped = (record: Answer): Answer =>
    ({ ...record, ttl: clip((record as { readonly ttl?: number }).ttl, TTL_MOST_SECONDS) }) as Answer
  try {
    const message = encode({ type: 'response', answers: answers.map(clipped), authorities: authorities.map(clipped) })
    const bytes = Buffer.from(message.subarray(HEADER_BYTES))
    if (bytes.length > BODY_MOST_BYTES) return undefined
    return { bytes, answers: answers.length, authorities: authorities.length, ttlsAt: findTtls(bytes) }
  } catch {
    // A value that could be read and cannot be written, such as a name that grew too long: it is not passed on.
    return undefined
  }
}

/** Find the times to live in records whose names are whole. */
function findTtls(bytes: Buffer): readonly number[] {
  const found: number[] = []
  for (let at = 0; at < bytes.length; ) {
    while (bytes[at] !== 0) at += 1 + (bytes[at] ?? 0)
    at += 1 + 4
    found.push(at)
    at += 4 + 2 + bytes.readUInt16BE(at + 4)
  }
  return found
}
