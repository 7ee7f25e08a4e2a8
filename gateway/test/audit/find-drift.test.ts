import { sensitive } from '@cordon/shared/errors'
import type { Setting } from '@cordon/shared/tor-control'
import t from 'tap'
import { findDrift } from '../../src/audit/index.ts'

const set = (key: string, value: string): Setting => ({ key, value: sensitive(value) })
const OWN = '/r/tor/socks.sock'
const EXPECTED = { socks: [OWN], control: '/r/tor/control.sock', others: 'foreign' } as const
const GOOD: readonly Setting[] = [
  set('SocksPort', `unix:"${OWN}" IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth`),
  set('SafeLogging', '1'),
  set('ClientRejectInternalAddresses', '1'),
  set('ClientDNSRejectInternalAddresses', '1'),
]
const OWN_LISTENERS = new Map([
  ['net/listeners/socks', [`unix:${OWN}`]],
  ['net/listeners/control', ['unix:/r/tor/control.sock']],
  ['net/listeners/dns', []],
])

t.test('TOR-06 drift of tor’s configuration is said, without paths', async t => {
  const drift = (settings: readonly Setting[]): readonly string[] =>
    findDrift({ settings, listeners: OWN_LISTENERS }, EXPECTED).map(({ what }) => what)
  t.same(drift(GOOD), [])
  t.same(drift([{ key: 'SafeLogging', value: undefined }, ...GOOD.slice(0, 1)]), [], 'defaults')
  const change = (at: number, key: string, value: string): Setting[] =>
    GOOD.map((one, n) => (n === at ? set(key, value) : one))
  const cases: readonly (readonly [readonly Setting[], string])[] = [
    [change(0, 'SocksPort', `unix:${OWN} NoIsolateSOCKSAuth`), 'a SocksPort does not isolate by credentials'],
    [change(0, 'SocksPort', `unix:${OWN} SessionGroup=7`), 'a SocksPort shares a session group'],
    [change(0, 'SocksPort', 'unix:/elsewhere'), 'a SocksPort of Cordon is gone'],
    [[...GOOD, set('SocksPort', '9050')], 'there is a foreign SocksPort'],
    [change(1, 'SafeLogging', '0'), 'SafeLogging is not 1'],
    [change(2, 'ClientRejectInternalAddresses', '0'), 'ClientRejectInternalAddresses is not 1'],
    [[...GOOD, set('UseEntryGuards', '0')], 'UseEntryGuards is not 1'],
    [[...GOOD, set('__LeaveStreamsUnattached', '1')], '__LeaveStreamsUnattached is not 0'],
    [[...GOOD, set('AutomapHostsOnResolve', '1')], 'AutomapHostsOnResolve is not 0'],
  ]
  for (const [settings, said] of cases) {
    t.ok(drift(settings).includes(said), `${said}: ${drift(settings)}`)
    t.notMatch(drift(settings).join(), /\//)
  }
})

t.test('TOR-06 a listener that is in no configuration is foreign too, whatever kind it is', async t => {
  for (const kind of ['socks', 'dns', 'trans', 'natd', 'httptunnel', 'control']) {
    const key = `net/listeners/${kind}`
    const listeners = new Map([...OWN_LISTENERS, [key, [...(OWN_LISTENERS.get(key) ?? []), '127.0.0.1:9999']]])
    t.match(findDrift({ settings: GOOD, listeners }, EXPECTED), [{ what: /foreign/, breaksIsolation: false }], kind)
    t.same(findDrift({ settings: GOOD, listeners }, { ...EXPECTED, others: 'allowed' }), [], 'somebody else’s tor')
  }
})

t.test('only a port that keeps nobody apart stops new streams', async t => {
  const breaks = (flag: string): boolean[] =>
    findDrift({ settings: [set('SocksPort', `unix:${OWN} ${flag}`)], listeners: new Map() }, EXPECTED).map(
      ({ breaksIsolation }) => breaksIsolation,
    )
  t.same(breaks('NoIsolateSOCKSAuth'), [true])
  t.same(breaks('SessionGroup=7'), [false])
})
