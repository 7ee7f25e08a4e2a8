import t from 'tap'
import { type NamePolicy, planAnswer, readSearchSuffixes, TokenBucket } from '../../src/policy/index.ts'
import { RCODE, TYPE } from '../../src/wire/index.ts'

const PLAIN: NamePolicy = {
  virtual: false,
  ipv6: true,
  resolver: false,
  machineNames: new Set(['mybox']),
  searchSuffixes: new Set(['office.example']),
}
const VIRTUAL = { ...PLAIN, virtual: true }
const plan = (name: string, type: number = TYPE.A, policy = PLAIN) => planAnswer({ name, type, class: 1 }, policy)
const onion = `${'a'.repeat(56)}.onion`
const NO_DATA = { type: 'answer', rcode: RCODE.NOERROR }

t.test('public names are looked up through the app’s port', async t => {
  t.same(plan('a.example'), { type: 'resolve', name: 'a.example', family: 'ipv4' })
  t.same(plan('a.example', TYPE.AAAA), { type: 'resolve', name: 'a.example', family: 'ipv6' })
  t.same(plan('a.example', TYPE.AAAA, { ...PLAIN, ipv6: false }), NO_DATA)
  t.same(plan('4.100.51.198.in-addr.arpa', TYPE.PTR), { type: 'resolve-address', address: '198.51.100.4' })
})

t.test('DNS-02 other types are refused with a reason, and asked only of a resolver that is configured', async t => {
  for (const type of [15, 16, 33, 65, 257, 2, 6]) {
    t.match(plan('a.example', type), { rcode: RCODE.NOTIMP, extended: { code: 21 } }, `type ${type}`)
    t.same(plan('a.example', type, { ...PLAIN, resolver: true }), { type: 'ask-resolver' }, `type ${type}`)
  }
  for (const type of [0, 41, 128, 250, 251, 252, 255, 46, 1000]) {
    t.match(plan('a.example', type, { ...PLAIN, resolver: true }), { rcode: RCODE.NOTIMP }, `type ${type}`)
  }
  const chaos = planAnswer({ name: 'version.bind', type: 16, class: 3 }, { ...PLAIN, resolver: true })
  t.match(chaos, { rcode: RCODE.NOTIMP })
})

t.test('DNS-04 onion names get a virtual address, and nothing else', async t => {
  for (const name of [onion, `www.${onion}`]) {
    t.same(plan(name), { type: 'give-virtual', name })
    for (const type of [TYPE.AAAA, TYPE.HTTPS, TYPE.SVCB, 16]) {
      t.same(plan(name, type, { ...PLAIN, resolver: true }), NO_DATA)
    }
  }
  for (const name of ['onion', 'short.onion', `${'a'.repeat(16)}.onion`]) t.match(plan(name), { rcode: RCODE.NXDOMAIN })
})

t.test('DNS-04 names of this machine and its network never leave, whatever is configured', async t => {
  const names = ['router', 'printer.local', 'x.home.arpa', 'db.internal', 'site.i2p', 'mybox', 'x.invalid', 'x.test']
  for (const name of [...names, 'www.google.com.office.example', 'office.example', '_dns.resolver.arpa']) {
    for (const type of [TYPE.A, TYPE.AAAA, 16]) {
      for (const policy of [PLAIN, VIRTUAL, { ...PLAIN, resolver: true }]) {
        t.match(plan(name, type, policy), { type: 'answer', rcode: RCODE.NXDOMAIN, extended: { code: 15 } }, name)
      }
    }
  }
  for (const name of ['', '127.1', 'a b.example', 'a\\.b.example', '*.example', `${'a'.repeat(64)}.example`])
    t.match(plan(name), { rcode: RCODE.REFUSED }, name)
  t.same(plan('notoffice.example'), { type: 'resolve', name: 'notoffice.example', family: 'ipv4' })
})

t.test('localhost is answered here, RFC 6761', async t => {
  t.match(plan('localhost'), { record: { type: 'A', address: '127.0.0.1' } })
  t.match(plan('x.localhost', TYPE.AAAA), { record: { address: '::1' } })
  t.same(plan('localhost', 15), NO_DATA)
  t.match(plan('1.0.0.127.in-addr.arpa', TYPE.PTR), { record: { type: 'PTR', name: 'localhost' } })
  t.same(plan('1.0.0.127.in-addr.arpa', TYPE.A), NO_DATA)
})

t.test('the way back of private ranges is answered here, RFC 6303, and service discovery below it', async t => {
  const names = [
    '1.1.168.192.in-addr.arpa',
    '168.192.in-addr.arpa',
    '10.in-addr.arpa',
    'd.f.ip6.arpa',
    '8.e.f.ip6.arpa',
  ]
  for (const name of [...names, 'lb._dns-sd._udp.1.1.168.192.in-addr.arpa', 'b._dns-sd._udp.10.in-addr.arpa']) {
    for (const type of [TYPE.PTR, 6])
      t.match(plan(name, type, { ...PLAIN, resolver: true }), { rcode: RCODE.NXDOMAIN }, name)
  }
  t.same(plan('7.0.192.10.in-addr.arpa', TYPE.PTR), { type: 'name-virtual', address: '10.192.0.7' })
  t.same(plan('7.0.192.10.in-addr.arpa', TYPE.A), NO_DATA)
})

t.test('in virtual mode every name that may leave gets a virtual address, and none is looked up', async t => {
  t.same(plan('a.example', TYPE.A, VIRTUAL), { type: 'give-virtual', name: 'a.example' })
  for (const type of [TYPE.AAAA, TYPE.HTTPS, TYPE.SVCB]) t.same(plan('a.example', type, VIRTUAL), NO_DATA)
  t.match(plan('a.example', 15, VIRTUAL), { rcode: RCODE.NOTIMP })
})

t.test('search suffixes are read from resolv.conf', async t => {
  const text = '# search no.example\nnameserver 192.0.2.1\nsearch Office.Example. lan .\ndomain corp.example\n'
  t.same([...readSearchSuffixes(text)], ['office.example', 'lan', 'corp.example'])
})

t.test('a bucket gives its burst at once, and then so many a second', async t => {
  const bucket = new TokenBucket(10, 3)
  t.same(
    [0, 0, 0, 0].map(now => bucket.take(now)),
    [true, true, true, false],
  )
  t.same(
    [50, 100, 150].map(now => bucket.take(now)),
    [false, true, false],
  )
  t.ok(bucket.take(100_000))
})
