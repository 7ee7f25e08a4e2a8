import { decode, encode, type RecordType } from 'dns-packet'
import t from 'tap'
import { DNS_ZONES } from '../src/dns-zones.ts'
import { MessageFrames } from '../src/message-frames.ts'
import { answerQuery } from '../src/name-server.ts'
import { reverseName } from '../src/zones.ts'

const ask = (name: string, type: string, transport: 'udp' | 'tcp' = 'tcp') => {
  const questions = [{ name, type: type as RecordType, class: 'IN' as const }]
  const answer = answerQuery(DNS_ZONES, encode({ type: 'query', id: 1, questions }), transport)
  return answer === undefined ? undefined : { ...decode(answer), length: answer.length }
}

t.test('honest names have data of their types, and aliases lead on', async t => {
  t.match(ask('dual.dns.example', 'AAAA'), { answers: [{ data: '2001:db8::10' }] })
  t.match(ask('alias.dns.example', 'A'), { answers: [{ type: 'CNAME' }, { type: 'A', data: '198.51.100.4' }] })
  t.match(ask('types.dns.example', 'UNKNOWN_65'), { answers: [{ type: 'UNKNOWN_65' }] })
  t.match(ask('types.dns.example', 'AAAA'), { rcode: 'NOERROR', answers: [] })
  t.match(ask('none.dns.example', 'A'), { rcode: 'NXDOMAIN', answers: [] })
})

t.test('hostile names do what they are there for', async t => {
  t.match(ask('loop.hostile.example', 'A'), { answers: [{ type: 'CNAME' }, { type: 'CNAME' }] })
  t.match(ask('alias.hostile.example', 'A'), { answers: [{ type: 'CNAME' }, { data: '192.168.1.1' }] })
  t.ok((ask('huge.hostile.example', 'TXT')?.length ?? 0) > 60_000)
  t.match(ask('huge.hostile.example', 'TXT', 'udp'), { flag_tc: true, answers: [] })
  t.equal(ask('slow.hostile.example', 'A'), undefined)
  t.match(ask(reverseName('203.0.113.66'), 'PTR'), { answers: [{ data: '<script>.hostile.example' }] })
})

t.test('messages in frames come out whole, however the stream is cut', async t => {
  const messages = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(300, 7)]
  const stream = Buffer.concat(messages.map(message => MessageFrames.encode(message)))
  for (const size of [1, 2, 7, stream.length]) {
    const frames = new MessageFrames()
    const found: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) found.push(...frames.push(stream.subarray(at, at + size)))
    t.same(found, messages, `cut by ${size}`)
  }
})
