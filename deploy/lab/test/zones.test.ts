import type { Question, RecordType } from 'dns-packet'
import t from 'tap'
import { hostZone, replyTo, reverseName, reverseZone, type Zone } from '../src/zones.ts'

const hosts = [
  { name: 'check.example', address: '198.18.80.1' },
  { name: 't1.time.example', address: '198.18.81.1' },
]
const zones = [hostZone('example', hosts), reverseZone(hosts)]
const ask = (name: string, type: RecordType = 'A', served: readonly Zone[] = zones) =>
  replyTo(served, { name, type, class: 'IN' } satisfies Question)

t.test('a name is found in any mixture of case, and the answer echoes what was asked', async t => {
  t.match(ask('cHeCk.ExAmPlE'), {
    rcode: 'NOERROR',
    answers: [{ type: 'A', name: 'cHeCk.ExAmPlE', data: '198.18.80.1' }],
  })
})

t.test('another type of a name that is there is NODATA', async t => {
  for (const type of ['AAAA', 'TXT', 'PTR'] as const)
    t.same(ask('check.example', type), { type: 'answer', rcode: 'NOERROR', answers: [] })
})

t.test('a name that only has names below it is NODATA, RFC 8020', async t => {
  t.match(ask('time.example'), { rcode: 'NOERROR', answers: [] })
  t.match(ask('18.198.in-addr.arpa', 'PTR'), { rcode: 'NOERROR', answers: [] })
})

t.test('what is not there is NXDOMAIN, in a zone and outside of all', async t => {
  for (const name of ['nope.example', 'xcheck.example', 'check.example.org', 'xexample', 'localhost', ''])
    t.match(ask(name), { rcode: 'NXDOMAIN', answers: [] }, name)
  t.match(ask(reverseName('198.18.9.9'), 'PTR'), { rcode: 'NXDOMAIN' })
})

t.test('an address leads back to its name, for PTR only', async t => {
  t.match(ask(reverseName('198.18.80.1'), 'PTR'), { answers: [{ type: 'PTR', data: 'check.example' }] })
  t.match(ask(reverseName('198.18.80.1')), { rcode: 'NOERROR', answers: [] })
})

t.test('the zone with the longest origin decides, whatever the order', async t => {
  const silent: Zone = { origin: 'time.example', reply: () => ({ type: 'silence' }) }
  for (const served of [
    [...zones, silent],
    [silent, ...zones],
  ]) {
    t.same(ask('t1.time.example', 'A', served), { type: 'silence' })
    t.match(ask('check.example', 'A', served), { rcode: 'NOERROR' })
  }
})
