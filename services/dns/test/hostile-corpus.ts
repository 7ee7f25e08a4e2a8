/**
 * Stored packets for the listeners and decoders of dns: as many as the corpus that DNS-06 of the acceptance scenarios
 * speaks of, made and not copied. Each family goes through one part of a message; the same seed gives the same packets.
 */
import { encode } from 'dns-packet'
import { randomFrom } from '../../../shared/test/fuzz.ts'

/** DNS-06. */
export const CORPUS_PACKETS = 9774

type Random = (below: number) => number
/** One packet of a family: `turn` counts from 0, so that a family can go through its values in order. */
type Family = (turn: number, random: Random) => Buffer

const CLASS_IN = 1
const [A, TXT, OPT] = [1, 16, 41]
const CLASSES = [1, 3, 4, 254, 255, 0, 2, 65_535]
const COUNTS = [0, 1, 2, 255, 65_535]
const UDP_SIZES = [0, 1, 511, 512, 1232, 4096, 65_535]
/** IANA, "DNS EDNS0 Option Codes", with some that are nobody's. */
const OPTION_CODES = [...Array.from({ length: 24 }, (_, code) => code), 26_946, 65_001, 65_535]
/** Beyond 260: TA, DLV, private use, and the last one. */
const TYPES = [...Array.from({ length: 262 }, (_, type) => type), 32_768, 32_769, 65_280, 65_534, 65_535]

const u16 = (...values: readonly number[]): Buffer =>
  Buffer.from(values.flatMap(value => [(value >> 8) & 255, value & 255]))
const label = (bytes: Buffer | string): Buffer => Buffer.concat([Buffer.of(bytes.length), Buffer.from(bytes)])
const ROOT = Buffer.of(0)
const name = (...labels: readonly (Buffer | string)[]): Buffer => Buffer.concat([...labels.map(label), ROOT])
const A_EXAMPLE = name('a', 'example')
const pick = <T>(items: readonly T[], at: number): T => items[at % items.length] as T

interface Head {
  readonly flags?: number
  readonly counts?: readonly number[]
}

function message({ flags = 0x0100, counts = [1, 0, 0, 0] }: Head, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([u16(0x5eed, flags, ...counts), ...parts])
}

const question = (qname: Buffer, type = A, qclass = CLASS_IN): Buffer => Buffer.concat([qname, u16(type, qclass)])

/** A record with data of any kind, also an OPT record, whose class is a size and whose time to live is flags. */
const record = (owner: Buffer, type: number, more: { class?: number; ttl?: number; data?: Buffer } = {}): Buffer => {
  const { class: rclass = CLASS_IN, ttl = 0, data = Buffer.alloc(0) } = more
  return Buffer.concat([owner, u16(type, rclass, ttl >>> 16, ttl & 0xffff, data.length), data])
}

const noise = (length: number, random: Random): Buffer => Buffer.from(Array.from({ length }, () => random(256)))

/** What programs ask: every type in every class. */
const questions: Family = turn =>
  message({}, question(A_EXAMPLE, pick(TYPES, turn), pick(CLASSES, Math.floor(turn / TYPES.length))))

/** Every opcode with every response code and all other bits. A response only now and then: on a stream it is the end. */
const headers: Family = (turn, random) => {
  const response = turn % 8 === 7 ? 0x8000 : 0
  const flags = response | ((turn % 16) << 11) | (random(128) << 4) | (Math.floor(turn / 16) % 16)
  return message({ flags }, question(A_EXAMPLE))
}

/** All counts, believed or not, over a body that has one question, none, or two. */
const counts: Family = (turn, random) => {
  const all = [0, 1, 2, 3].map(place => pick(COUNTS, Math.floor(turn / COUNTS.length ** place)))
  return message({ counts: all }, ...Array.from({ length: random(3) }, () => question(A_EXAMPLE)))
}

/** Names of every length in labels of every length, of letters and of any bytes. */
const names: Family = (turn, random) => {
  const longest = 1 + (turn % 64)
  const labels = Array.from({ length: 1 + random(40) }, () => {
    const length = Math.min(64, 1 + random(longest))
    return random(4) === 0 ? noise(length, random) : 'aZ0-_.*\\@ '.repeat(7).slice(random(7)).slice(0, length)
  })
  return message({}, question(name(...labels)))
}

/** Pointers of compression: to themselves, to each other, forward, into the header, behind the end, in mid-label. */
const pointers: Family = (turn, random) => {
  const target = pick([0, 1, 11, 12, 13, 14, 16, 20, 24, 255, 0x3fff], turn)
  const before = Array.from({ length: random(4) }, () => label('x'.repeat(1 + random(9))))
  const high = pick([0xc0, 0x80, 0x40], Math.floor(turn / 11) % 9 === 0 ? random(3) : 0)
  return message({}, question(Buffer.concat([...before, Buffer.of(high | (target >> 8), target & 255)])))
}

/** EDNS of every version, size and flag, with options that are whole, cut, endless or many. */
const edns: Family = (turn, random) => {
  const options = Array.from({ length: random(4) }, (_, at) => {
    const data = noise(random(24), random)
    const length = random(6) === 0 ? random(65_536) : data.length
    return Buffer.concat([u16(pick(OPTION_CODES, turn + at), length), data])
  })
  const version = random(3) === 0 ? random(256) : 0
  const ttl = ((random(4) === 0 ? random(256) : 0) << 24) | (version << 16) | (random(2) << 15)
  const owner = random(12) === 0 ? A_EXAMPLE : ROOT
  const opt = record(owner, OPT, { class: pick(UDP_SIZES, turn), ttl, data: Buffer.concat(options) })
  const many = random(16) === 0 ? 2 : 1
  return message({ counts: [1, 0, 0, many] }, question(A_EXAMPLE), ...Array.from({ length: many }, () => opt))
}

/** Questions with records beside them, in every section: updates, signatures, what only answers have. */
const records: Family = (turn, random) => {
  const section = 1 + (turn % 3)
  const all = [1, 0, 0, 0].map((count, at) => (at === section ? 1 : count))
  const flags = random(4) === 0 ? 0x2800 : 0x0100
  const owner = random(2) === 0 ? A_EXAMPLE : u16(0xc00c)
  const extra = record(owner, pick(TYPES, turn), { ttl: random(2 ** 31), data: noise(random(64), random) })
  return message({ flags, counts: all }, question(A_EXAMPLE, random(2) === 0 ? A : TXT), extra)
}

/** What the well-kept library makes of good questions: the shapes of stubs, with cookies, subnets and padding. */
const wellFormed: Family = (turn, random) => {
  const host = pick(['localhost', 'a.example', 'B.Example', 'printer.local', 'router', `${'x'.repeat(56)}.onion`], turn)
  const type = pick(['A', 'AAAA', 'PTR', 'TXT', 'MX', 'SRV', 'CAA', 'NS', 'SOA', 'NAPTR', 'ANY', 'AXFR'], random(12))
  const options = pick(
    [
      [],
      [{ code: 'CLIENT_SUBNET', ip: `203.0.113.${random(256)}`, sourcePrefixLength: random(33) }],
      [{ code: 'PADDING', length: random(300) }],
      [{ code: 'TCP_KEEPALIVE', timeout: random(65_536) }],
      [{ code: 10, data: noise(8 + random(33), random) }],
    ],
    turn,
  )
  const opt = { type: 'OPT', name: '.', udpPayloadSize: pick(UDP_SIZES, turn), flags: 0x8000, options }
  const additionals = turn % 3 === 0 ? [] : [opt]
  const packet = { type: 'query', id: random(65_536), flags: random(4) << 4, questions: [{ name: host, type }] }
  return Buffer.from(encode({ ...packet, additionals } as never))
}

/** Any of the others, cut off somewhere, or with something behind its end. */
const cut: Family = (turn, random) => {
  const whole = pick(WHOLE, turn)(turn, random)
  return random(4) === 0
    ? Buffer.concat([whole, noise(1 + random(40), random)])
    : whole.subarray(0, random(whole.length))
}

const WHOLE: readonly Family[] = [questions, headers, counts, names, pointers, edns, records, wellFormed]
export const FAMILIES = { questions, headers, counts, names, pointers, edns, records, wellFormed, cut }

/** Make the packets, no two alike, every family in its turn. */
export function makeCorpus(seed: number): readonly Buffer[] {
  const random = randomFrom(seed)
  const families = Object.values(FAMILIES)
  const packets = new Map<string, Buffer>()
  for (let turn = 0; packets.size < CORPUS_PACKETS; turn++) {
    const packet = pick(families, turn)(Math.floor(turn / families.length), random)
    packets.set(packet.toString('latin1'), packet)
  }
  return [...packets.values()]
}
