import { type LabDescription, layOutRuntime } from '@cordon/shared/contracts'
import t from 'tap'
import {
  acceptTorVersion,
  chooseBridges,
  explainComplaint,
  formatBridges,
  formatTorrc,
  formatUpstreamProxy,
  LOCKED_OPTIONS,
  listShortcomings,
  listTransportPrograms,
  parseProxyCredentials,
  quotePath,
  type TorrcInput,
  torMissing,
  transportOf,
} from '../../src/tor/index.ts'

const OBFS4 = `obfs4 192.0.2.7:443 ${'A'.repeat(40)} cert=abc iat-mode=0`
const PLAIN = `198.18.1.4:5000 ${'B'.repeat(40)}`
const LAB: Pick<LabDescription, 'dirAuthorities' | 'clientTorrc'> = {
  dirAuthorities: ['DirAuthority one orport=5000 198.18.1.1:7000 X'],
  clientTorrc: ['TestingTorNetwork 1'],
}

const input = (changes: Partial<TorrcInput> = {}): TorrcInput => ({
  layout: layOutRuntime('/run/user/1000/cordon'),
  dataDirectory: '/home/a b/state/tor/data',
  ownerPid: 4711,
  bridgeLines: ['UseBridges 0'],
  proxyLines: [],
  lab: undefined,
  ...changes,
})

t.test("Cordon's torrc", async t => {
  const lines = formatTorrc(input()).split('\n')
  t.ok(
    lines.includes(
      'SocksPort unix:"/run/user/1000/cordon/tor/socks.sock" IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth ExtendedErrors',
    ),
  )
  t.ok(lines.includes('SocksPort unix:"/run/user/1000/cordon/tor/short.sock" IsolateSOCKSAuth ExtendedErrors'))
  t.ok(lines.includes('DataDirectory "/home/a b/state/tor/data"'), 'a path with a space is quoted')
  t.ok(lines.includes('__OwningControllerProcess 4711'))
  for (const line of LOCKED_OPTIONS.flatMap(({ lines }) => lines)) t.ok(lines.includes(line), line)
  t.notOk(
    lines.some(line => /^(Socks|Control)Port (?!unix:)/.test(line)),
    'no listener that others can reach',
  )
})

t.test('in system mode the sockets of tor are for a group, and it ends with nobody', async t => {
  const layout = layOutRuntime('/run/cordon', 'group')
  const lines = formatTorrc(input({ layout, ownerPid: undefined })).split('\n')
  const listeners = lines.filter(line => /^(Socks|Control)Port /.test(line))
  t.ok(listeners.length >= 4)
  for (const line of listeners) t.match(line, / GroupWritable RelaxDirModeCheck$/)
  t.ok(lines.includes('CookieAuthFileGroupReadable 1'))
  t.notOk(lines.some(line => line.startsWith('__OwningControllerProcess')))
  t.notMatch(formatTorrc(input()), /Group(Writable|Readable 1)|RelaxDirModeCheck/, 'nor is any of it there otherwise')
})

t.test('in the lab our own lines still have the last word', async t => {
  const lines = formatTorrc(input({ lab: LAB })).split('\n')
  t.ok(lines.indexOf('TestingTorNetwork 1') < lines.indexOf('ClientRejectInternalAddresses 1'))
  t.ok(lines.indexOf('TestingTorNetwork 1') < lines.indexOf('ClientDNSRejectInternalAddresses 1'))
  t.ok(lines.includes(LAB.dirAuthorities[0] ?? ''))
})

t.test('a path that tor would read differently is refused', async t => {
  for (const path of ['/a"b', '/a\\b', '/a#b', '/a\nSocksPort 9050', '/a\u0000b']) {
    t.throws(() => quotePath(path), { code: 'TOR_PATH_UNFIT' })
  }
})

t.test('bridges', async t => {
  t.same(formatBridges([], new Map()), ['UseBridges 0'])
  t.equal(transportOf(OBFS4), 'obfs4')
  t.equal(transportOf(PLAIN), undefined)
  t.equal(transportOf(`Bridge ${OBFS4}`), 'obfs4', 'bridges are handed out with the word in front')
  t.equal(transportOf(''), undefined)
  t.same(formatBridges([`Bridge ${OBFS4}`, PLAIN], new Map([['obfs4proxy', '/usr/bin/obfs4proxy']])), [
    'UseBridges 1',
    'ClientTransportPlugin obfs4,obfs3,meek_lite exec /usr/bin/obfs4proxy',
    `Bridge ${OBFS4}`,
    `Bridge ${PLAIN}`,
  ])
  t.same(
    listTransportPrograms([OBFS4, OBFS4, 'snowflake 192.0.2.3:80 X']).map(({ program }) => program),
    ['obfs4proxy', 'snowflake-client'],
  )
  t.throws(() => listTransportPrograms(['webtunnel9 192.0.2.3:80']), { code: 'TOR_TRANSPORT_MISSING' })
  t.throws(() => formatBridges([OBFS4], new Map()), { name: 'InternalError' })
  t.throws(() => formatBridges([OBFS4], new Map([['obfs4proxy', '/opt/my tor/obfs4proxy']])), {
    code: 'TOR_PATH_UNFIT',
  })
  t.same(chooseBridges([OBFS4, PLAIN, ''], true), [PLAIN], 'the lab reaches nothing outside itself')
  t.same(chooseBridges([OBFS4, PLAIN], false), [OBFS4, PLAIN])
})

t.test('an upstream proxy', async t => {
  const credentials = { user: 'u', password: 'p' }
  t.same(formatUpstreamProxy(undefined, undefined, false), [])
  t.same(formatUpstreamProxy('socks4://10.0.0.1:1080', undefined, false), ['Socks4Proxy 10.0.0.1:1080'])
  t.same(formatUpstreamProxy('socks5://[2001:db8::1]:1080', undefined, false), ['Socks5Proxy [2001:db8::1]:1080'])
  t.same(formatUpstreamProxy('socks5://10.0.0.1:1080', credentials, false), [
    'Socks5Proxy 10.0.0.1:1080',
    'Socks5ProxyUsername u',
    'Socks5ProxyPassword p',
  ])
  t.same(formatUpstreamProxy('http://proxy:3128', undefined, false), ['HTTPSProxy proxy:3128'])
  t.same(formatUpstreamProxy('http://proxy:3128', credentials, false), [
    'HTTPSProxy proxy:3128',
    'HTTPSProxyAuthenticator u:p',
  ])
  t.same(formatUpstreamProxy('http://proxy:3128', undefined, true), [], 'the lab reaches nothing outside itself')
  t.same(formatUpstreamProxy('http://198.18.3.1:3128', undefined, true), ['HTTPSProxy 198.18.3.1:3128'])
})

t.test('the credentials of the upstream proxy', async t => {
  t.same(parseProxyCredentials('me\nsecret\n'), { user: 'me', password: 'secret' })
  t.same(parseProxyCredentials('me\r\nsecret'), { user: 'me', password: 'secret' })
  for (const text of ['', 'me', 'me\n\n', 'me\na b\n', 'me\nx\ny\n', 'me\nx#y', `me\n${'x'.repeat(256)}`]) {
    t.throws(() => parseProxyCredentials(text), { code: 'TOR_PROXY_CREDENTIALS' }, JSON.stringify(text))
  }
})

t.test('the version of tor', async t => {
  t.equal(acceptTorVersion('Tor version 0.4.9.11.\nThis build of Tor is…'), '0.4.9.11')
  t.equal(acceptTorVersion('Tor version 0.4.8.0-alpha (git-abc).'), '0.4.8.0-alpha')
  t.throws(() => acceptTorVersion('Tor version 0.4.7.16.'), { code: 'TOR_TOO_OLD', message: /0\.4\.7\.16/ })
  t.throws(() => acceptTorVersion('BusyBox'), { code: 'TOR_TOO_OLD', message: /does not answer as tor/ })
  t.match(torMissing('PATH'), { code: 'TOR_MISSING', next: /apt install tor/ })
})

t.test('the complaint of tor --verify-config', async t => {
  const additions = { path: '/home/a/torrc', text: '# mine\nMaxCircuitDirtiness 300\n  Frobnicate 1\nEntryNodes {xx\n' }
  const at = 'Nov 23 00:17:34.472'
  const output = [
    `${at} [notice] Tor 0.4.9.11 running on Linux`,
    `${at} [warn] You are running Tor as root. You don't need to, and you probably shouldn't.`,
    `${at} [warn] Failed to parse/validate config: Unknown option 'Frobnicate'.  Failing.`,
    `${at} [err] Reading config failed--see warnings above.`,
  ].join('\n')
  t.match(explainComplaint(output, additions), /^\/home\/a\/torrc line 3: .*Unknown option 'Frobnicate'/)
  t.match(
    explainComplaint(`${at} [warn] Could not parse EntryNodes.`, additions),
    '/home/a/torrc line 4: Could not parse EntryNodes.',
  )
  t.equal(explainComplaint(`${at} [warn] The Bridge is wrong.`, additions), 'The Bridge is wrong.', 'not their line')
  t.equal(explainComplaint('', additions), 'no reason given')
})

t.test('an external tor', async t => {
  const good = new Map([
    ['SafeLogging', '1'],
    ['ClientRejectInternalAddresses', '1'],
    ['ClientDNSRejectInternalAddresses', '1'],
  ])
  const socksPorts = [
    '9050',
    'unix:/run/tor/socks IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth ExtendedErrors WorldWritable',
    'unix:"/run/my tor/short" ExtendedErrors',
  ]
  const facts = { version: '0.4.9.11', socksPorts, settings: good }
  t.same(listShortcomings(facts, { socks: '/run/tor/socks', short: '/run/my tor/short' }), [])
  t.same(listShortcomings(facts, { socks: '/run/tor/other' }), ['no SocksPort unix:/run/tor/other'])
  t.same(listShortcomings({ ...facts, socksPorts: ['unix:/s NoIsolateSOCKSAuth'] }, { socks: '/s' }), [
    'SocksPort unix:/s has NoIsolateSOCKSAuth',
    'SocksPort unix:/s lacks KeepAliveIsolateSOCKSAuth ExtendedErrors',
  ])
  t.same(
    listShortcomings({ ...facts, settings: new Map([...good, ['SafeLogging', '0']]) }, { socks: '/run/tor/socks' }),
    ['SafeLogging must be 1'],
  )
  t.throws(() => listShortcomings({ ...facts, version: '0.4.5.1' }, { socks: '/s' }), { code: 'TOR_TOO_OLD' })
})
