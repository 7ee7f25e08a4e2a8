import fc from 'fast-check'
import t from 'tap'
import { AnswerCache, KEY_MARKS, respondFromCache } from '../../src/cache/index.ts'
import {
  type AnswerBody,
  decodeQuery,
  EMPTY_BODY,
  encodeBody,
  encodeResponse,
  RCODE,
  UDP_MOST_BYTES,
} from '../../src/wire/index.ts'

const SEED = 20_261_122
const CLASS_IN = 1

/** Names that meet often, with letters of both cases; and types whose bytes look like letters. */
const NAMES = ['a.example', 'A.eXample', `${'x'.repeat(63)}.example`, '']
const TYPES = [1, 0x41, 0x4141]

interface Asked {
  readonly name: string
  readonly type: number
  readonly class: number
}

const encodeQuestion = ({ name, type, class: inClass }: Asked): Buffer => {
  const labels = name.split('.').filter(label => label !== '')
  const parts = labels.flatMap(label => [Buffer.of(label.length), Buffer.from(label, 'latin1')])
  return Buffer.concat([...parts, Buffer.of(0, type >> 8, type & 0xff, inClass >> 8, inClass & 0xff)])
}

const asked = fc.record({
  name: fc.constantFrom(...NAMES),
  type: fc.constantFrom(...TYPES),
  class: fc.constantFrom(CLASS_IN, CLASS_IN, CLASS_IN, CLASS_IN, 3),
})

const opt = fc
  .record({
    udpBytes: fc.constantFrom(0, 512, 1232, 4096, 65_535),
    version: fc.constantFrom(0, 0, 0, 0, 0, 1),
    flags: fc.constantFrom(0, 0x8000),
    options: fc.constantFrom('', '', '', '', '000a00080102030405060708', 'ff'),
  })
  .map(({ udpBytes, version, flags, options }) => {
    const data = Buffer.from(options, 'hex')
    const head = Buffer.from('00002900000000000000' + '00', 'hex')
    head.writeUInt16BE(udpBytes, 3)
    head[6] = version
    head.writeUInt16BE(flags, 7)
    head.writeUInt16BE(data.length, 9)
    return Buffer.concat([head, data])
  })

/** Questions of the plain shape mostly, and some with a byte changed, cut off or put behind. */
const message = fc
  .record({
    id: fc.nat(0xffff),
    flags: fc.constantFrom(0x0100, 0x0100, 0x0000, 0x0100, 0x0100, 0x0120, 0x0110, 0x0800, 0x8100, 0x0300, 0x0140),
    asked,
    opt: fc.option(opt, { nil: undefined, freq: 2 }),
    damage: fc.oneof(
      { weight: 5, arbitrary: fc.constant({}) },
      fc.record({ at: fc.nat(80), byte: fc.nat(255) }),
      fc.record({ cut: fc.integer({ min: 1, max: 30 }) }),
      fc.constant({ tail: '00' }),
    ) as fc.Arbitrary<{ at?: number; byte?: number; cut?: number; tail?: string }>,
  })
  .map(({ id, flags, asked: question, opt: record, damage: { at = 0, byte, cut = 0, tail = '' } }) => {
    const head = Buffer.alloc(12)
    head.writeUInt16BE(id, 0)
    head.writeUInt16BE(flags, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(record === undefined ? 0 : 1, 10)
    const whole = Buffer.concat([head, encodeQuestion(question), record ?? Buffer.alloc(0), Buffer.from(tail, 'hex')])
    const bytes = Buffer.from(whole.subarray(0, whole.length - cut))
    if (byte !== undefined && at < bytes.length) bytes[at] = byte
    return bytes
  })

const body: fc.Arbitrary<AnswerBody> = fc.constantFrom(
  EMPTY_BODY,
  encodeBody({ type: 'A', address: '198.51.100.4', ttl: 60 }) ?? EMPTY_BODY,
  encodeBody({ type: 'PTR', name: 'a.example', ttl: 3 }) ?? EMPTY_BODY,
  { bytes: Buffer.alloc(600, 1), answers: 2, authorities: 1, ttlsAt: [0, 100, 596] },
  { bytes: Buffer.alloc(5000, 1), answers: 1, authorities: 0, ttlsAt: [9] },
)

const kept = fc.record({
  asked,
  body,
  rcode: fc.constantFrom(RCODE.NOERROR, RCODE.NXDOMAIN),
  ttl: fc.constantFrom(1, 60),
  isVirtual: fc.boolean(),
})

const keyOf = (question: Asked, isVirtual: boolean): Buffer => {
  const { name } = question
  const lowered = encodeQuestion({ ...question, name: name.toLowerCase() })
  return Buffer.concat([lowered, Buffer.of(isVirtual ? KEY_MARKS.virtual : KEY_MARKS.plain)])
}

/** Decode, find, encode: how every message can be answered. */
function respondSlowly(cache: AnswerCache, bytes: Buffer, mark: number, now: number): Buffer | undefined {
  const decoded = decodeQuery(bytes)
  if (decoded.type !== 'query') return undefined
  const { query } = decoded
  if (query.edns !== undefined && query.edns.version !== 0) return undefined
  const found = cache.read(Buffer.concat([Buffer.from(query.key, 'latin1'), Buffer.of(mark)]), now)
  return found === undefined ? undefined : encodeResponse(query, found, 'udp')
}

t.test('the quick way gives the bytes that the slow way gives, or leaves the message to it', async t => {
  t.comment(`seed ${SEED}`)
  let quick = 0
  const response = Buffer.alloc(UDP_MOST_BYTES)
  fc.assert(
    fc.property(
      fc.array(kept, { minLength: 12, maxLength: 12 }),
      fc.array(message, { minLength: 20, maxLength: 20 }),
      fc.constantFrom(0, 999, 1000, 59_999, 60_000),
      fc.boolean(),
      (answers, messages, now, isVirtual) => {
        const cache = new AnswerCache({ mostBytes: 100_000, seed: SEED })
        for (const one of answers) cache.keep(keyOf(one.asked, one.isVirtual), one, one.ttl, 0)
        const mark = isVirtual ? KEY_MARKS.virtual : KEY_MARKS.plain
        for (const bytes of messages) {
          const slow = respondSlowly(cache, bytes, mark, now)
          // What lies behind the message in its memory is somebody else's.
          const memory = Buffer.concat([bytes, Buffer.alloc(300, 1)])
          const length = respondFromCache(cache, { message: memory, bytes: bytes.length, mark, now }, response)
          if (length === 0) continue
          quick += 1
          if (slow === undefined || !slow.equals(response.subarray(0, length))) return false
        }
        return true
      },
    ),
    { seed: SEED, numRuns: 500 },
  )
  t.ok(quick > 500, `${quick} of 10,000 went the quick way`)
})

t.test('whatever is plain and kept goes the quick way', async t => {
  const cache = new AnswerCache({ mostBytes: 100_000, seed: SEED })
  const question: Asked = { name: 'a.example', type: 1, class: CLASS_IN }
  const answer = {
    rcode: RCODE.NOERROR,
    body: encodeBody({ type: 'A', address: '198.51.100.4', ttl: 60 }) ?? EMPTY_BODY,
  }
  cache.keep(keyOf(question, false), answer, 60, 0)
  const response = Buffer.alloc(UDP_MOST_BYTES)
  const head = (additional: number) => Buffer.from(`0007012000010000000000${additional === 0 ? '00' : '01'}`, 'hex')
  const plain = Buffer.concat([head(0), encodeQuestion({ ...question, name: 'A.exAmple' })])
  const withOpt = Buffer.concat([head(1), encodeQuestion(question), Buffer.from('0000290fa0000080000000', 'hex')])
  for (const bytes of [plain, withOpt]) {
    const asking = { message: bytes, bytes: bytes.length, mark: KEY_MARKS.plain, now: 0 } as const
    t.ok(respondFromCache(cache, asking, response) > bytes.length)
    t.equal(respondFromCache(cache, { ...asking, mark: KEY_MARKS.virtual }, response), 0, 'never for virtual answers')
    t.equal(respondFromCache(cache, { ...asking, now: 60_000 }, response), 0, 'nor when its time is over')
    cache.keep(keyOf(question, false), answer, 60, 0)
  }
})
