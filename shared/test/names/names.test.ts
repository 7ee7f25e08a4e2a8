import {
  formatReverseName,
  formatVirtual,
  isVirtual,
  judgeAddress,
  judgeName,
  parseReverseName,
  VIRTUAL_COUNT,
} from '@cordon/shared/names'
import fc from 'fast-check'
import t from 'tap'

const MACHINE = new Set(['mybox'])

t.test('names that go to tor', async t => {
  for (const name of [
    'example.org',
    'EXAMPLE.org',
    'example.org.',
    'a_b.example',
    'xn--bcher-kva.example',
    `${'a'.repeat(56)}.onion`,
  ]) {
    t.equal(judgeName(name, MACHINE), undefined, name)
  }
})

t.test('names that are malformed are refused before tor', async t => {
  const bad = [
    '',
    '.',
    'a..b',
    '-a.example',
    'a-.example',
    `${'a'.repeat(64)}.example`,
    `${'abcdefg.'.repeat(32)}example`,
  ]
  const bytes = [
    'a\0.example',
    'a b.example',
    'a\n.example',
    'ä.example',
    'a\x7f.example',
    'a%00.example',
    '[::1]',
    'a/b.example',
  ]
  const numeric = ['127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1.', '1.2.3.4.5', '0x7f.1', 'example.0x']
  for (const name of [...bad, ...bytes, ...numeric])
    t.equal(judgeName(name, MACHINE), 'malformed-name', JSON.stringify(name))
})

t.test('every name of this machine and its network is refused', async t => {
  for (const name of ['localhost', 'LOCALHOST', 'localhost.', 'x.localhost', 'mybox', 'MyBox']) {
    t.equal(judgeName(name, MACHINE), 'this-machine', name)
  }
  for (const name of [
    'printer.local',
    'router',
    'nas.lan',
    'db.internal',
    'x.home.arpa',
    'local',
    '_dns.resolver.arpa',
  ]) {
    t.equal(judgeName(name, MACHINE), 'local-name', name)
  }
  t.equal(judgeName('site.i2p', MACHINE), 'i2p')
  for (const name of ['www.example.exit', 'x.invalid', 'x.test', 'x.alt'])
    t.equal(judgeName(name, MACHINE), 'reserved-name', name)
})

t.test('every spelling of this machine, private and link-local networks is refused', async t => {
  const machine = [
    '127.0.0.1',
    '127.255.255.255',
    '0.0.0.0',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::127.0.0.1',
    '2002:7f00:1::',
  ]
  for (const address of machine) t.equal(judgeAddress(address), 'this-machine', address)
  const networks = [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '224.0.0.251',
    '255.255.255.255',
    '240.0.0.1',
  ]
  const six = [
    'fe80::1',
    'fc00::1',
    'fd12::1',
    'ff02::fb',
    'fec0::1',
    '::ffff:192.168.1.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::10.0.0.1',
    '2002:c0a8:101::1',
    '::10.0.0.1',
  ]
  for (const address of [...networks, ...six]) t.equal(judgeAddress(address), 'private-network', address)
  for (const address of ['fe80::1%eth0', '1.2.3', 'x']) t.equal(judgeAddress(address), 'malformed-name', address)
  for (const address of [
    '198.18.0.80',
    '8.8.8.8',
    '172.32.0.1',
    '2001:db8::1',
    '64:ff9b::808:808',
    '2002:808:808::1',
  ]) {
    t.equal(judgeAddress(address), undefined, address)
  }
})

t.test('no IPv4 address inside this machine or a private network passes in any embedding', async t => {
  const seed = 20_261_122
  t.comment(`seed ${seed}`)
  const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))
  fc.assert(
    fc.property(octets, ([a, b, c, d]) => {
      const four = judgeAddress(`${a}.${b}.${c}.${d}`)
      const high = ((a << 8) | b).toString(16)
      const low = ((c << 8) | d).toString(16)
      const forms = [`::ffff:${high}:${low}`, `64:ff9b::${high}:${low}`, `2002:${high}:${low}::1`]
      return forms.every(form => judgeAddress(form) === four)
    }),
    { seed, numRuns: 20_000 },
  )
})

t.test('the way back: names of addresses and of ranges', async t => {
  t.same(parseReverseName('4.3.2.1.in-addr.arpa'), { address: '1.2.3.4', whole: true })
  t.same(parseReverseName('168.192.in-addr.arpa'), { address: '192.168.0.0', whole: false })
  t.same(parseReverseName('d.f.ip6.arpa'), { address: 'fd00::', whole: false })
  const six = `${'1.0.0.0.'.repeat(1)}${'0.'.repeat(20)}8.b.d.0.1.0.0.2.ip6.arpa`
  t.same(parseReverseName(six), { address: '2001:db8::1', whole: true })
  const none = ['in-addr.arpa', 'example.org', '256.1.1.1.in-addr.arpa', '1.1.1.1.1.in-addr.arpa', '01.in-addr.arpa']
  for (const name of [...none, '.in-addr.arpa', 'g.ip6.arpa', `${'0.'.repeat(33)}ip6.arpa`, '10.ip6.arpa']) {
    t.equal(parseReverseName(name), undefined, name)
  }
  t.equal(formatReverseName('no address'), undefined)
})

t.test('the way back and forth ends where it began', async t => {
  const seed = 20_261_122
  t.comment(`seed ${seed}`)
  const four = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map(octets => octets.join('.'))
  const six = fc
    .array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
    .map(groups => groups.map(group => (group | 0x100).toString(16)).join(':'))
  fc.assert(
    fc.property(fc.oneof(four, six), address => {
      const back = parseReverseName(formatReverseName(address) ?? '')
      return back?.whole === true && back.address === address
    }),
    { seed, numRuns: 2000 },
  )
})

t.test('virtual addresses are out of 10.192.0.0/10, and each is refused as private', async t => {
  t.equal(formatVirtual(1), '10.192.0.1')
  t.equal(formatVirtual(VIRTUAL_COUNT - 2), '10.255.255.254')
  t.equal(formatVirtual(0), undefined)
  t.equal(formatVirtual(0x1ff), undefined)
  for (const address of ['10.192.0.1', '10.255.255.254']) {
    t.ok(isVirtual(address), address)
    t.equal(judgeAddress(address), 'private-network', address)
  }
  for (const address of ['10.191.255.255', '11.192.0.1', '192.168.0.1', '::1', 'x'])
    t.notOk(isVirtual(address), address)
})
