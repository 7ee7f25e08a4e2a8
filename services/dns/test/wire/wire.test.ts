import { type Answer, decode, encode, type Packet } from 'dns-packet'
import t from 'tap'
import { FUZZ_SEED } from '../../../../shared/test/fuzz.ts'
import {
  acceptUpstreamAnswer,
  decodeQuery,
  EMPTY_BODY,
  encodeBody,
  encodeFailure,
  encodeResponse,
  encodeUpstreamQuery,
  type Query,
  RCODE,
  TYPE,
} from '../../src/wire/index.ts'
import { readServiceHints } from '../../src/wire/service-hints.ts'
import { CORPUS_PACKETS, makeCorpus } from '../hostile-corpus.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

// id, flags (RD), counts; a.example as 1 'a' 7 'example' 0; type, class.
const HEAD = '1267 0100 0001 0000 0000'
const QUESTION = '01 41 07 6578616d706c65 00 0001 0001' // "A.example", in capitals where a letter is one
const OPT = '00 0029 04d0 00 00 8000'
const plain = hex(`${HEAD} 0000 ${QUESTION}`)
const withOpt = hex(`${HEAD} 0001 ${QUESTION} ${OPT} 0008 0008 0004 00011800`) // client subnet (RFC 7871)

const queryOf = (bytes: Buffer): Query => {
  const decoded = decodeQuery(bytes)
  if (decoded.type !== 'query') throw new Error(`no query but ${decoded.type}`)
  return decoded.query
}
const ask = (name: string, type: number): Query => {
  const labels = name.split('.').flatMap(label => [Buffer.of(label.length), Buffer.from(label, 'latin1')])
  const tail = Buffer.of(0, type >> 8, type & 0xff, 0, 1)
  return queryOf(Buffer.concat([hex(`${HEAD} 0000`), ...labels, tail]))
}

t.test('a query gives its question in lower case for the cache and as it was asked for the answer', async t => {
  const query = queryOf(plain)
  t.match(query, { id: 0x1267, recursionDesired: true, type: TYPE.A, class: 1, edns: undefined })
  t.equal(query.name(), 'a.example')
  t.equal(query.question.toString('hex'), hex(QUESTION).toString('hex'))
  t.equal(query.key, queryOf(hex(`9999 0000 0001 0000 0000 0000 ${QUESTION.replace('41', '61')}`)).key)
  t.same(queryOf(withOpt).edns, { version: 0, udpBytes: 1232 })
  t.equal(queryOf(hex(`${HEAD} 0000 03 612e62 00 0001 0001`)).name(), 'a\\.b', 'a dot in a label is no dot')
  t.equal(queryOf(hex(`${HEAD} 0000 00 0002 0001`)).name(), '')
})

t.test(
  `DNS-06 each of ${CORPUS_PACKETS} stored packets has one defined end, and a question is read as a library reads it`,
  async t => {
    const packets = makeCorpus(FUZZ_SEED)
    t.comment(`seed ${FUZZ_SEED}`)
    t.equal(new Set(packets.map(packet => packet.toString('latin1'))).size, CORPUS_PACKETS, 'no two are alike')
    const ends = new Map<string, number>()
    let agreed = 0
    for (const packet of packets) {
      const before = packet.toString('latin1')
      const decoded = decodeQuery(packet)
      const end = decoded.type === 'failure' ? `rcode ${decoded.rcode}` : decoded.type
      ends.set(end, (ends.get(end) ?? 0) + 1)
      if (packet.toString('latin1') !== before) t.fail(`it was changed: ${packet.toString('hex')}`)
      // What is no ASCII the library takes for UTF-8.
      if (decoded.type !== 'query' || [...decoded.query.name()].some(letter => letter > '\x7f')) continue
      const { id, name, type, question } = decoded.query
      const library = decode(Buffer.concat([packet.subarray(0, 10), Buffer.alloc(2), question]))
      const [asked] = library.questions ?? []
      // The library marks no dot within a label.
      const isSame = library.id === id && asked?.name.toLowerCase().replaceAll('\\', '') === name().replaceAll('\\', '')
      if (!isSame || library.questions?.length !== 1) t.fail(`${type} ${packet.toString('hex')}`)
      agreed += 1
    }
    t.comment(Object.fromEntries(ends))
    t.same([...ends.keys()].sort(), ['query', 'rcode 1', 'rcode 4', 'silence'])
    t.ok(Math.min(...ends.values()) > 200, 'none of them rarely')
    t.ok(agreed > 3000, `${agreed} questions are read alike`)
  },
)

t.test('DNS-07 a query cut at any byte is a mistake or nothing', async t => {
  for (const whole of [plain, withOpt]) {
    for (let cut = 0; cut < whole.length; cut++) {
      const { type } = decodeQuery(whole.subarray(0, cut))
      t.equal(type, cut < 12 ? 'silence' : 'failure', `cut at ${cut}`)
    }
  }
})

t.test('DNS-07 what is no question of ours has one defined end', async t => {
  const end = (text: string) => {
    const decoded = decodeQuery(hex(text))
    return decoded.type === 'failure' ? decoded.rcode : decoded.type
  }
  t.equal(end(`1267 8100 0001 0000 0000 0000 ${QUESTION}`), 'silence', 'a response')
  t.equal(end(`1267 2800 0001 0000 0000 0000 ${QUESTION}`), RCODE.NOTIMP, 'UPDATE')
  t.equal(end('1267 0100 0000 0000 0000 0000'), RCODE.FORMERR, 'QDCOUNT 0, RFC 9619')
  t.equal(end(`1267 0100 0002 0000 0000 0000 ${QUESTION} ${QUESTION}`), RCODE.FORMERR, 'QDCOUNT 2')
  t.equal(end(`1267 0100 ffff ffff ffff ffff`), RCODE.FORMERR, 'counts without bytes')
  t.equal(end(`${HEAD} 0000 c00c 0001 0001`), RCODE.FORMERR, 'a pointer to itself')
  t.equal(end(`${HEAD} 0000 ${'3f'.padEnd(128, '61').repeat(4)} 00 0001 0001`), RCODE.FORMERR, '256 bytes of name')
  t.equal(end(`${HEAD} 0000 ${QUESTION} 00`), RCODE.FORMERR, 'a byte too many')
  t.equal(end(`${HEAD} 0002 ${QUESTION} ${OPT} 0000 ${OPT} 0000`), RCODE.FORMERR, 'two OPT records, RFC 6891')
  t.equal(end(`${HEAD} 0001 ${QUESTION} ${OPT} 0005 0008 0004 00`), RCODE.FORMERR, 'an option longer than its record')
  t.equal(end(`${HEAD} 0001 ${QUESTION} ${QUESTION}`), RCODE.FORMERR, 'something else than OPT beside it')
})

t.test('a response repeats id and question, and says the record', async t => {
  const body = encodeBody({ type: 'A', address: '198.51.100.4', ttl: 60 }) ?? EMPTY_BODY
  const answer = decode(encodeResponse(queryOf(plain), { rcode: RCODE.NOERROR, body, ageSeconds: 20 }, 'udp'))
  t.match(answer, {
    id: 0x1267,
    rcode: 'NOERROR',
    flag_rd: true,
    flag_ra: true,
    flag_aa: false,
    flag_ad: false,
    questions: [{ name: 'A.example', type: 'A' }],
    answers: [{ name: 'A.example', type: 'A', ttl: 40, data: '198.51.100.4' }],
    additionals: [],
  })
  const six = encodeBody({ type: 'AAAA', address: '2001:db8::6', ttl: 60 }) ?? EMPTY_BODY
  t.match(decode(encodeResponse(ask('a.example', TYPE.AAAA), { rcode: 0, body: six, ageSeconds: 99 }, 'tcp')), {
    answers: [{ type: 'AAAA', ttl: 0, data: '2001:db8::6' }],
  })
  t.equal(encodeBody({ type: 'PTR', name: `${'a'.repeat(64)}.example`, ttl: 1 }), undefined)
  t.equal(encodeBody({ type: 'PTR', name: 'abcdefgh.'.repeat(30), ttl: 1 }), undefined)
  t.equal(encodeBody({ type: 'A', address: '2001:db8::6', ttl: 1 }), undefined)
  t.equal(encodeBody({ type: 'AAAA', address: '192.0.2.1', ttl: 1 }), undefined)
  t.match(decode(encodeFailure({ id: 7, recursionDesired: false }, RCODE.FORMERR)), { id: 7, rcode: 'FORMERR' })
})

t.test('DNS-03 EDNS: reasons only for those who know it, BADVERS, no DO, and TC where it does not fit', async t => {
  const extended = { code: 21, text: 'not carried' }
  const reply = { rcode: RCODE.NOTIMP, body: EMPTY_BODY, extended }
  t.same(decode(encodeResponse(queryOf(plain), reply, 'udp')).additionals, [])
  const told = encodeResponse(queryOf(withOpt), reply, 'udp')
  t.match(decode(told), { rcode: 'NOTIMP', additionals: [{ type: 'OPT', flag_do: false, ednsVersion: 0 }] })
  const reason = Buffer.from('not carried').toString('hex')
  t.ok(told.includes(`000f000d0015${reason}`, 0, 'hex'), 'RFC 8914')
  t.match(decode(encodeResponse(queryOf(withOpt), { ...reply, rcode: RCODE.BADVERS }, 'udp')), {
    rcode: 'NOERROR',
    additionals: [{ extendedRcode: 1 }],
  })
  for (const [bytes, ednsBytes, length, isCut] of [
    [plain, 0, 512, false],
    [plain, 0, 513, true],
    [withOpt, 11, 1232, false],
    [withOpt, 11, 1233, true],
  ] as const) {
    const query = queryOf(bytes)
    const body = { ...EMPTY_BODY, bytes: Buffer.alloc(length - 12 - query.question.length - ednsBytes) }
    const udp = encodeResponse(query, { rcode: RCODE.NOERROR, body }, 'udp')
    t.equal((udp.readUInt16BE(2) & 0x0200) !== 0, isCut, `${length} bytes`)
    t.equal(udp.length, isCut ? 12 + query.question.length + ednsBytes : length)
    t.equal(encodeResponse(query, { rcode: RCODE.NOERROR, body }, 'tcp').length, length)
  }
})

t.test('a query for a resolver is padded and carries nothing of the program', async t => {
  const lengths = ['a.example', 'a-longer-name.of-some-length.example'].map(name => {
    const bytes = encodeUpstreamQuery(9, ask(name, 15))
    t.match(decode(bytes), {
      id: 9,
      flag_rd: true,
      flag_cd: false,
      questions: [{ name, type: 'MX' }],
      additionals: [{ type: 'OPT', flag_do: false, options: [{ type: 'PADDING' }] }],
    })
    return bytes.length
  })
  t.same(lengths, [128, 128], 'RFC 8467')
  t.notOk(encodeUpstreamQuery(9, queryOf(withOpt)).includes('00080004', 0, 'hex'), 'no client subnet')
})

const records = (...answers: readonly object[]): Answer[] => answers.map(one => ({ ttl: 600, ...one }) as Answer)
const upstream = (query: Query, packet: Partial<Packet>, rcode = 0): Buffer => {
  const bytes = encode({ type: 'response', id: 9, flags: 0x0180 | rcode, ...packet })
  const questionless = Buffer.from(bytes)
  // dns-packet knows the question's type by name only.
  questionless.writeUInt16BE(1, 4)
  return Buffer.concat([questionless.subarray(0, 12), Buffer.from(query.key, 'latin1'), questionless.subarray(12)])
}
const accept = (query: Query, packet: Partial<Packet>, rcode = 0) =>
  acceptUpstreamAnswer(upstream(query, packet, rcode), 9, query)

t.test('what a resolver says passes as far as it answers the question', async t => {
  const mx = ask('a.example', 15)
  const answers = records(
    { type: 'MX', name: 'a.example', data: { preference: 10, exchange: 'm.example' } },
    { type: 'MX', name: 'other.example', data: { preference: 10, exchange: 'm.example' } },
    { type: 'A', name: 'm.example', data: '198.51.100.4' },
  )
  const found = accept(mx, { answers })
  t.match(found, { type: 'answer', rcode: 0, ttl: 600, withheld: false, body: { answers: 1, authorities: 0 } })
  if (found.type !== 'answer') return
  t.match(decode(encodeResponse(mx, { rcode: 0, body: found.body, ageSeconds: 100 }, 'tcp')), {
    answers: [{ type: 'MX', name: 'a.example', ttl: 500, data: { exchange: 'm.example' } }],
  })
})

t.test('aliases lead on, and a loop of them ends', async t => {
  const txt = ask('a.example', 16)
  const alias = (name: string, data: string) => ({ type: 'CNAME', name, data })
  const found = accept(txt, {
    answers: records(
      { type: 'TXT', name: 'c.example', data: 'x' },
      alias('b.example', 'c.example'),
      alias('A.example', 'b.example'),
    ),
  })
  t.match(found, { type: 'answer', body: { answers: 3 } })
  const loop = accept(txt, { answers: records(alias('a.example', 'b.example'), alias('b.example', 'a.example')) })
  t.match(loop, { type: 'answer', ttl: 0, body: { answers: 2 } }, 'nothing to keep')
})

t.test('internal addresses are withheld: plain, behind an alias, mapped, translated, as hints', async t => {
  const withheld = (type: number, ...answers: readonly object[]) =>
    t.match(accept(ask('a.example', type), { answers: records(...answers) }), { type: 'answer', withheld: true })
  const a = (name: string, data: string) => ({ type: data.includes(':') ? 'AAAA' : 'A', name, data })
  withheld(1, a('a.example', '192.168.1.1'))
  withheld(1, { type: 'CNAME', name: 'a.example', data: 'b.example' }, a('b.example', '127.0.0.1'))
  withheld(28, a('a.example', '::ffff:10.0.0.1'))
  withheld(28, a('a.example', '64:ff9b::a00:1'))
  for (const data of [
    '0001 00 0004 0004 c0a80101',
    '0001 00 0006 0010 fd000000000000000000000000000001',
    '0001 00 0004',
  ]) {
    withheld(65, { type: 'UNKNOWN_65', name: 'a.example', data: hex(data) })
  }
  const good = hex('0001 01 61 00 0001 0003 026832 0004 0004 c6336404')
  t.same(readServiceHints(good), ['198.51.100.4'])
  t.match(accept(ask('a.example', 65), { answers: records({ type: 'UNKNOWN_65', name: 'a.example', data: good }) }), {
    withheld: false,
    body: { answers: 1 },
  })
  for (let cut = 3; cut < good.length; cut++) {
    const hints = readServiceHints(good.subarray(0, cut))
    t.notOk(hints !== undefined && hints.length > 0, `hints cut at ${cut}`)
  }
})

t.test('a name that is no name is not passed on', async t => {
  for (const data of ['<script>.example', 'a b.example', '\u{1b}[31m.example']) {
    const found = accept(ask('a.example', 12), { answers: records({ type: 'PTR', name: 'a.example', data }) })
    t.match(found, { type: 'answer', body: { answers: 0 } }, JSON.stringify(data))
  }
})

t.test('RFC 2308 a negative answer is kept as long as its SOA says, and without one not at all', async t => {
  const soa = { mname: 'ns.example', rname: 'root.example', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 120 }
  const authorities = records({ type: 'SOA', name: 'example', data: soa })
  t.match(accept(ask('a.example', 16), { authorities }, 3), {
    rcode: RCODE.NXDOMAIN,
    ttl: 120,
    body: { authorities: 1 },
  })
  t.match(accept(ask('a.example', 16), { authorities }), { rcode: 0, ttl: 120 })
  t.match(accept(ask('a.example', 16), {}, 3), { rcode: RCODE.NXDOMAIN, ttl: 0 })
  const odd = records({ type: 'TXT', name: 'a.example', data: 'x', ttl: 0x80000000 })
  t.match(accept(ask('a.example', 16), { answers: odd }), { ttl: 0 }, 'RFC 2181 section 8')
})

t.test('what is no answer to the question is not believed', async t => {
  const query = ask('a.example', 16)
  const good = upstream(query, { answers: records({ type: 'TXT', name: 'a.example', data: 'x' }) })
  const why = (edit: (bytes: Buffer) => Buffer | undefined) => {
    const copy = Buffer.from(good)
    const found = acceptUpstreamAnswer(edit(copy) ?? copy, 9, query)
    return found.type === 'malformed' ? found.why : found.type
  }
  t.equal(
    why(() => undefined),
    'answer',
  )
  t.equal(
    why(bytes => bytes.subarray(0, 11)),
    'length',
  )
  t.equal(
    why(bytes => void bytes.writeUInt16BE(8, 0)),
    'id',
  )
  t.equal(
    why(bytes => void bytes.writeUInt16BE(0x0180, 2)),
    'flags',
    'a query',
  )
  t.equal(
    why(bytes => void bytes.writeUInt16BE(0x8380, 2)),
    'flags',
    'cut (TC)',
  )
  t.equal(
    why(bytes => void bytes.writeUInt16BE(0x8182, 2)),
    'failed',
    'SERVFAIL',
  )
  t.equal(
    why(bytes => void bytes.writeUInt16BE(2, 4)),
    'question count',
  )
  t.equal(
    why(bytes => void bytes.writeUInt16BE(0xffff, 6)),
    'records',
  )
  t.equal(
    why(bytes => void bytes.writeUInt8(0x62, 13)),
    'question',
    'another name',
  )
  t.equal(
    why(bytes => void bytes.writeUInt16BE(0xffff, 25 + 12 + 8)),
    'records',
  )
  for (let cut = 12; cut < good.length; cut++)
    t.not(
      why(bytes => bytes.subarray(0, cut)),
      'answer',
      `cut at ${cut}`,
    )
})

t.test('64 kB of answers pass whole or not at all', async t => {
  const query = ask('a.example', 16)
  const texts = (count: number) =>
    records(...Array.from({ length: count }, () => ({ type: 'TXT', name: 'a.example', data: ['x'.repeat(255)] })))
  t.match(accept(query, { answers: texts(200) }), { type: 'answer', body: { answers: 200 } })
  t.match(accept(query, { answers: texts(240) }), { type: 'malformed' })
})
