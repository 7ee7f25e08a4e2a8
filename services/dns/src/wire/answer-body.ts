import { parseDottedQuad, parseIpv6Groups } from '@cordon/shared/socks'
import { TYPE } from './record-type.ts'

/**
 * Answer and authority section as they go into a response behind any question for the same name, so that a kept answer
 * is copied and not encoded again. Names in it are whole, or lead to the question, which always stands at byte 12.
 */
export interface AnswerBody {
  readonly bytes: Buffer
  readonly answers: number
  readonly authorities: number
  /** Where in `bytes` the times to live stand. */
  readonly ttlsAt: readonly number[]
}

export const EMPTY_BODY: AnswerBody = { bytes: Buffer.alloc(0), answers: 0, authorities: 0, ttlsAt: [] }

/** A record that we make ourselves, of the name that was asked for. */
export type LocalRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl: number }
  | { readonly type: 'PTR'; readonly name: string; readonly ttl: number }

const CLASS_IN = 1
/** A pointer to the name of the question, type, class, TTL, length (RFC 1035 sections 3.2.1, 4.1.4). */
const HEAD_BYTES = 12
const NAME_OF_QUESTION = 0xc00c
const TTL_AT = 6
const LABEL_MAX_BYTES = 63
const NAME_MAX_BYTES = 255

/** Encode the one record of an answer; undefined where its data cannot be: an address of no form, a name too long. */
export function encodeBody(record: LocalRecord): AnswerBody | undefined {
  const data = record.type === 'PTR' ? encodeName(record.name) : encodeAddress(record.type, record.address)
  if (data === undefined) return undefined
  const bytes = Buffer.alloc(HEAD_BYTES + data.length)
  bytes.writeUInt16BE(NAME_OF_QUESTION, 0)
  bytes.writeUInt16BE(TYPE[record.type], 2)
  bytes.writeUInt16BE(CLASS_IN, 4)
  bytes.writeUInt32BE(record.ttl, TTL_AT)
  bytes.writeUInt16BE(data.length, TTL_AT + 4)
  data.copy(bytes, HEAD_BYTES)
  return { bytes, answers: 1, authorities: 0, ttlsAt: [TTL_AT] }
}

/** Lower the time to live that stands at `at`, not below 0. */
export function lowerTtl(message: Buffer, at: number, bySeconds: number): void {
  if (bySeconds > 0) message.writeUInt32BE(Math.max(0, message.readUInt32BE(at) - bySeconds), at)
}

function encodeAddress(type: 'A' | 'AAAA', address: string): Buffer | undefined {
  if (type === 'A') {
    const octets = parseDottedQuad(address)
    return octets === undefined ? undefined : Buffer.from(octets)
  }
  const groups = parseIpv6Groups(address)
  return groups === undefined ? undefined : Buffer.from(groups.flatMap(group => [group >> 8, group & 0xff]))
}

function encodeName(name: string): Buffer | undefined {
  const labels = name.replace(/\.$/, '').split('.')
  if (labels.some(label => label.length === 0 || label.length > LABEL_MAX_BYTES)) return undefined
  const parts = labels.flatMap(label => [Buffer.of(label.length), Buffer.from(label, 'latin1')])
  const bytes = Buffer.concat([...parts, Buffer.of(0)])
  return bytes.length > NAME_MAX_BYTES ? undefined : bytes
}
