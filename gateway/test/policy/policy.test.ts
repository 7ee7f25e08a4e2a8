import { completeAppSettings } from '@cordon/shared/contracts'
import { parseTarget } from '@cordon/shared/socks'
import fc from 'fast-check'
import t from 'tap'
import { compilePolicy, judgeAddress, judgeName, judgeRequest } from '../../src/policy/index.ts'

const MACHINE = new Set(['mybox'])
const judge = (host: string, settings = {}, port: number | null = 443) =>
  judgeRequest(
    { target: parseTarget(host), port: port ?? undefined },
    compilePolicy(completeAppSettings(settings)),
    MACHINE,
  )

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
  for (const name of ['printer.local', 'router', 'nas.lan', 'db.internal', 'x.home.arpa', 'local']) {
    t.equal(judgeName(name, MACHINE), 'local-name', name)
  }
  t.equal(judgeName('site.i2p', MACHINE), 'i2p')
  for (const name of ['www.example.exit', 'x.invalid']) t.equal(judgeName(name, MACHINE), 'reserved-name', name)
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

t.test('the policy of an app: allow, deny, ports, onion-only, IPv6, remote names', async t => {
  t.equal(judge('example.org', { allow: ['*.example.org'] }), undefined)
  t.equal(judge('www.Example.org.', { allow: ['*.example.org'] }), undefined)
  t.equal(judge('badexample.org', { allow: ['*.example.org'] }), 'host-denied')
  t.equal(judge('www.example.org', { allow: ['example.org'] }), 'host-denied')
  t.equal(judge('example.org', { allow: [] }), 'host-denied')
  t.equal(judge('ads.example.org', { allow: ['*.example.org'], deny: ['ads.example.org'] }), 'host-denied')
  t.equal(judge('203.0.113.7', { deny: ['203.0.113.0/24'] }), 'host-denied')
  t.equal(judge('2001:db8::1', { deny: ['2001:db8::/32'] }), 'host-denied')
  t.equal(judge('203.0.113.7', { allow: ['203.0.113.7'] }), undefined)
  t.equal(judge('example.org', { ports: [80, '440-450'] }), undefined)
  t.equal(judge('example.org', { ports: [80, '444-450'] }), 'port-denied')
  t.equal(judge('example.org', { ports: [80] }, null), undefined, 'a look-up has no port')
  t.equal(judge('example.org', { onionOnly: true }), 'onion-only')
  t.equal(judge(`${'a'.repeat(56)}.onion`, { onionOnly: true }), undefined)
  t.equal(judge('2001:db8::1', { ipv6: 'refuse' }), 'ipv6-refused')
  t.equal(judge('203.0.113.7', { remoteNamesOnly: true }), 'address-not-allowed')
})

t.test('no policy opens what is refused for every app', async t => {
  for (const host of ['localhost', '127.0.0.1', '10.0.0.1', 'x.local'])
    t.ok(judge(host, { allow: [host, '*.local'] }), host)
})
