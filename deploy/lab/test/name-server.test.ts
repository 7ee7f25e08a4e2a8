import { type Answer, decode, encode, type Packet } from 'dns-packet'
import t from 'tap'
import { answerQuery } from '../src/name-server.ts'
import { hostZone, type Zone } from '../src/zones.ts'

const zones = [hostZone('example', [{ name: 'check.example', address: '198.18.80.1' }])]
const query = (further: Partial<Packet> = {}): Buffer =>
  encode({
    type: 'query',
    id: 4711,
    flags: 0x0100,
    questions: [{ name: 'check.example', type: 'A', class: 'IN' }],
    ...further,
  })
const answer = (bytes: Uint8Array, transport: 'udp' | 'tcp' = 'udp', served: readonly Zone[] = zones) => {
  const reply = answerQuery(served, bytes, transport)
  return reply === undefined ? undefined : decode(reply)
}

t.test('an answer carries the id, the question and the address', async t => {
  t.match(answer(query()), {
    id: 4711,
    rcode: 'NOERROR',
    flag_qr: true,
    flag_aa: true,
    flag_rd: true,
    flag_ra: true,
    questions: [{ name: 'check.example', type: 'A' }],
    answers: [{ data: '198.18.80.1' }],
  })
})

t.test('a query cut at any byte gets no address and throws nothing', async t => {
  const whole = query()
  for (let cut = 0; cut < whole.length; cut++)
    t.same(answer(whole.subarray(0, cut))?.answers ?? [], [], `cut at ${cut}`)
})

t.test('what is no query gets no answer', async t => {
  t.equal(answer(query({ type: 'response' })), undefined)
  t.equal(answer(Buffer.from('00010100ffffffffffffffff', 'hex')), undefined, 'counts beyond the bytes')
  t.equal(answer(Buffer.from('000101000001000000000000c00c00010001', 'hex')), undefined, 'a name that points at itself')
})

t.test('a query that is not ours to answer gets NOTIMP', async t => {
  t.match(answer(query({ questions: [{ name: 'check.example', type: 'A', class: 'CH' }] })), { rcode: 'NOTIMP' })
  t.match(answer(query({ questions: [] })), { rcode: 'NOTIMP' })
  t.match(answer(query({ flags: 5 << 11 })), { rcode: 'NOTIMP' }, 'opcode UPDATE')
})

t.test('a zone may keep silent', async t => {
  t.equal(answer(query(), 'udp', [{ origin: '', reply: () => ({ type: 'silence' }) }]), undefined)
})

t.test('an answer too long for UDP is cut to its header and whole over TCP', async t => {
  const answers = Array.from(
    { length: 60 },
    (_, n): Answer => ({ type: 'A', name: 'check.example', data: `198.18.9.${n}` }),
  )
  const many: Zone = { origin: '', reply: () => ({ type: 'answer', rcode: 'NOERROR', answers }) }
  t.match(answer(query(), 'udp', [many]), { flag_tc: true, answers: [] })
  const whole = answer(query(), 'tcp', [many])
  t.match(whole, { flag_tc: false })
  t.equal(whole?.answers?.length, 60)
})
