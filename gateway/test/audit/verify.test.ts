import { sensitive } from '@cordon/shared/errors'
import { type CircuitEvent, parseCircuit, parseStream, type Setting } from '@cordon/shared/tor-control'
import t from 'tap'
import { CircuitTable, findBreaches, findDrift } from '../../src/audit/index.ts'

const FP = (digit: string): string => `$${digit.repeat(40)}`
const THREE = [FP('A'), FP('B'), FP('C')].join(',')

function tableOf(...lines: readonly string[]): CircuitTable {
  const table = new CircuitTable()
  for (const line of lines) {
    const [kind, ...rest] = line.split(' ')
    const event = kind === 'STREAM' ? parseStream(rest.join(' ')) : parseCircuit(rest.join(' '))
    if ('why' in event) throw new Error(event.why)
    table.apply(event as CircuitEvent)
  }
  return table
}

const isApp = (username: string): boolean => username.startsWith('tag')
const kinds = (table: CircuitTable): string[] => findBreaches(table.circuits, isApp).map(({ type }) => type)
const stream = (id: number, circuit: number, user: string): string =>
  `STREAM ${id} SENTCONNECT ${circuit} x.example:80 SOCKS_USERNAME="${user}" SOCKS_PASSWORD="p"`

t.test('circuits of one app each, and circuits of nobody of ours, are no breach', async t => {
  const lines = [`CIRC 1 BUILT ${THREE}`, `CIRC 2 BUILT ${THREE}`, `CIRC 3 BUILT ${FP('A')}`]
  t.same(kinds(tableOf(...lines, stream(1, 1, 'tagA'), stream(2, 1, 'tagA'), stream(3, 2, 'tagB'))), [])
})

t.test('credential bleed: a circuit that carried two apps, or an app and a stranger, is a breach', async t => {
  t.same(kinds(tableOf(`CIRC 1 BUILT ${THREE}`, stream(1, 1, 'tagA'), stream(2, 1, 'tagB'))), ['shared'])
  t.same(kinds(tableOf(`CIRC 1 BUILT ${THREE}`, stream(1, 1, 'tagA'), stream(2, 1, 'stranger'))), ['shared'])
})

t.test('two apps on two legs of one conflux set share a circuit', async t => {
  const legs = [`CIRC 1 BUILT ${THREE} CONFLUX_ID=AB`, `CIRC 2 BUILT ${THREE} CONFLUX_ID=AB`]
  const table = tableOf(...legs, stream(1, 1, 'tagA'), stream(2, 2, 'tagB'))
  t.match(findBreaches(table.circuits, isApp), [{ type: 'shared', circuits: [{ id: '1' }, { id: '2' }] }])
})

t.test('an app’s built circuit of fewer than three hops is a breach', async t => {
  t.same(kinds(tableOf(`CIRC 1 BUILT ${FP('A')},${FP('B')}`, stream(1, 1, 'tagA'))), ['too-short'])
  t.same(kinds(tableOf(`CIRC 1 EXTENDED ${FP('A')}`, stream(1, 1, 'tagA'))), [], 'not while it is being built')
})

const set = (key: string, value: string): Setting => ({ key, value: sensitive(value) })
const OWN = '/r/tor/socks.sock'
const GOOD: readonly Setting[] = [
  set('SocksPort', `unix:"${OWN}" IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth`),
  set('SafeLogging', '1'),
  set('ClientRejectInternalAddresses', '1'),
  set('ClientDNSRejectInternalAddresses', '1'),
]

t.test('TOR-06 drift of tor’s configuration is said, without paths', async t => {
  t.same(findDrift(GOOD, [OWN], 'foreign'), [])
  t.same(findDrift([{ key: 'SafeLogging', value: undefined }, ...GOOD.slice(0, 1)], [OWN], 'foreign'), [], 'defaults')
  const change = (at: number, key: string, value: string): Setting[] =>
    GOOD.map((one, n) => (n === at ? set(key, value) : one))
  const cases: readonly (readonly [readonly Setting[], string])[] = [
    [change(0, 'SocksPort', `unix:${OWN} NoIsolateSOCKSAuth`), 'a SocksPort does not isolate by credentials'],
    [change(0, 'SocksPort', `unix:${OWN} SessionGroup=7`), 'a SocksPort shares a session group'],
    [change(0, 'SocksPort', 'unix:/elsewhere'), 'a SocksPort of Cordon is gone'],
    [[...GOOD, set('SocksPort', '9050')], 'there is a foreign SocksPort'],
    [change(1, 'SafeLogging', '0'), 'SafeLogging is not 1'],
    [change(2, 'ClientRejectInternalAddresses', '0'), 'ClientRejectInternalAddresses is not 1'],
  ]
  for (const [settings, said] of cases) {
    const drift = findDrift(settings, [OWN], 'foreign')
    t.ok(drift.includes(said), `${said}: ${drift}`)
    t.notMatch(drift.join(), /\//)
  }
  t.same(
    findDrift([...GOOD, set('SocksPort', '9050')], [OWN], 'allowed'),
    [],
    'a tor that somebody else runs has its own',
  )
})
