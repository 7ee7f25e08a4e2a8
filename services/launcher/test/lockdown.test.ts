import t from 'tap'
import {
  formatLockdown,
  formatRelayChange,
  formatState,
  formatUnit,
  formatWishes,
  parseLockdownRequest,
  parsePlace,
  parseWishes,
  readLockdown,
  readRelays,
} from '../src/lockdown/index.ts'

const plain = { torUid: 107, relays: undefined, allowLan: false, ownedPorts: [] }
const chainOf = (rules: string, name: string): string => {
  const from = rules.indexOf(`chain ${name} {`)
  return rules.slice(from, rules.indexOf('\n  }', from))
}

t.test('ENF-01: every chain drops, and only loopback and what holds a link is accepted without a user', async t => {
  const rules = formatLockdown(plain)
  for (const name of ['output', 'input', 'forward'])
    t.match(chainOf(rules, name), `hook ${name} priority filter; policy drop;`, name)
  const lines = chainOf(rules, 'output').split('\n')
  const accepted = lines.map(line => line.trim()).filter(line => line.endsWith('accept'))
  t.same(accepted, [
    'oifname "lo" accept',
    'meta skuid 107 meta l4proto tcp accept',
    'meta skuid @portal meta l4proto tcp accept',
    'meta skuid @portal udp dport 53 accept',
    'meta skuid 0 udp sport 68 udp dport 67 accept',
    'meta skuid 0 udp sport 546 udp dport 547 accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } ip6 hoplimit 255 accept',
  ])
  t.notMatch(chainOf(rules, 'output'), 'established', 'no open connection outlives the lock')
  t.notMatch(chainOf(rules, 'forward'), 'accept')
})

t.test('the table is replaced in one step, and no other is named', async t => {
  const rules = formatLockdown(plain)
  const start = 'add table inet cordon_lockdown\ndelete table inet cordon_lockdown\ntable inet cordon_lockdown {'
  t.ok(rules.startsWith(start))
  t.notMatch(rules, /flush ruleset/)
  t.same([...new Set(rules.match(/table inet \S+/g))], ['table inet cordon_lockdown'])
})

t.test('with relays alone tor reaches those and no others; IPv6 apart', async t => {
  const relays = ['192.0.2.7:443', '[2001:db8::7]:9001'].flatMap(text => parsePlace(text) ?? [])
  const rules = formatLockdown({ ...plain, relays })
  t.match(rules, 'elements = { 192.0.2.7 . 443 }')
  t.match(rules, 'elements = { 2001:db8::7 . 9001 }')
  t.match(rules, 'meta skuid 107 meta l4proto tcp ip daddr . tcp dport @relays4 accept')
  t.notMatch(rules, 'skuid 107 meta l4proto tcp accept')
  t.same(formatRelayChange(relays).trim().split('\n'), [
    'flush set inet cordon_lockdown relays4',
    'add element inet cordon_lockdown relays4 { 192.0.2.7 . 443 }',
    'flush set inet cordon_lockdown relays6',
    'add element inet cordon_lockdown relays6 { 2001:db8::7 . 9001 }',
  ])
  t.notMatch(formatRelayChange([]), 'add', 'an empty list holds nobody')
})

t.test('the local network may be allowed, its name servers never', async t => {
  const rules = formatLockdown({ ...plain, allowLan: true })
  t.match(rules, '192.168.0.0/16, 169.254.0.0/16 } meta l4proto { tcp, udp } th dport != { 53, 137, 853, 5353, 5355 }')
})

// Lines of a consensus as dir-spec 3.4.1 has them; the microdescriptor flavour leaves the digest out.
const CONSENSUS = `dir-source auth 0232AF9 auth.example 198.51.100.1 80 443
r caerSidi AAoQ1DAR6kkoo19hBAX5K0QztNw 2026-11-23 00:00:00 203.0.113.5 443 0
a [2001:db8::5]:443
r full AAoQ1DAR6kkoo19hBAX5K0QztNw m0ynPuwzSextzsiXYJYA0Hce+Cs 2026-11-23 00:00:00 203.0.113.6 9001 9030
r bad x 2026 1 203.0.113.7 0 0
r bad x 2026 1 1.2.3.4;accept 443 0
a [::1%lo]:443
s Fast Running
`

t.test('relays are read from a consensus of either flavour; nothing else in it becomes a rule', async t => {
  t.same(
    readRelays(CONSENSUS).map(({ address, port }) => `${address} ${port}`),
    ['198.51.100.1 80', '198.51.100.1 443', '203.0.113.5 443', '2001:db8::5 443', '203.0.113.6 9001'],
  )
  for (const text of ['192.0.2.7', '192.0.2.7:0', '192.0.2.7:70000', 'x:1', '[192.0.2.7', '2001:db8::7:443'])
    t.equal(parsePlace(text), undefined, text)
})

const chain = (hook: string, policy: string) => ({ chain: { table: 'cordon_lockdown', name: hook, hook, policy } })
const listing = (policy: string, handle = 1, expr: unknown = { accept: null }) => ({
  nftables: [
    { metainfo: { version: `1.0.${handle}` } },
    { set: { name: 'refused', elem: [{ elem: { val: 1000, counter: { packets: 7, bytes: 1 } } }, { elem: {} }, 3] } },
    { set: { name: 'portal', elem: [handle] } },
    { set: { name: 'relays4', handle, elem: handle === 1 ? ['a', 'b'] : ['b', 'a'] } },
    ...[chain('output', policy), chain('input', 'drop'), chain('forward', 'drop')],
    { rule: { chain: 'output', handle, expr: [expr, { counter: { packets: handle, bytes: 0 } }] } },
  ],
})

t.test('the state is what the kernel lists: on, off, or damaged by somebody', async t => {
  const kept = listing('drop', 2)
  t.same(readLockdown(listing('drop'), kept), { state: 'on', refused: [{ uid: 1000, packets: 7 }], trouble: null })
  t.match(readLockdown(listing('accept'), kept), { state: 'damaged', trouble: 'nothing drops in output' })
  t.match(readLockdown(undefined, undefined), { state: 'off' })
  for (const nonsense of [null, 3, {}, { nftables: 7 }]) t.match(readLockdown(nonsense, kept), { state: 'damaged' })
  t.equal(
    formatState(readLockdown(listing('drop'), kept), uid => `u${uid}`),
    'lockdown is on: only tor reaches the outside\n  u1000: 7 packets refused\n',
  )
})

t.test(
  'a rule that somebody changed is drift; handles, counts, the order of elements and the version are not',
  async t => {
    t.match(readLockdown(listing('drop', 3), listing('drop', 2)), { state: 'on' })
    const opened = listing('drop', 2, { accept: 'more' })
    t.match(readLockdown(opened, listing('drop')), { state: 'damaged', trouble: /not those that were loaded/ })
    t.match(readLockdown(listing('drop'), undefined), { state: 'damaged', trouble: /next start/ })
  },
)

t.test('what was asked for is kept as the words that ask for it again', async t => {
  const words = [
    'on',
    '--tor-user=7',
    '--relays-only',
    '--consensus=/c',
    '--bridge=[2001:db8::7]:443',
    '--owned=9050:1000',
  ]
  const asked = parseLockdownRequest(words)
  t.same(parseWishes(formatWishes(asked, 7)), asked)
  t.same(parseWishes(formatWishes(parseLockdownRequest(['on']), 107)), {
    ...parseLockdownRequest(['on']),
    torUser: '107',
  })
  for (const text of ['', '{}', '3', '["--nonsense"]', '["off"]']) t.equal(parseWishes(text), undefined, text)
})

t.test('the unit comes before the network and opens nothing when it is stopped', async t => {
  const unit = formatUnit('/usr/sbin/nft')
  t.match(unit, /^Before=network-pre.target/m)
  t.match(unit, /^ExecStart=\/usr\/sbin\/nft -f \/etc\/cordon\/lockdown.nft$/m)
  t.notMatch(unit, 'ExecStop')
})

t.test('a request is read, and what it does not know is refused', async t => {
  t.match(parseLockdownRequest(['on', '--relays-only', '--bridge=192.0.2.7:443', '--owned=9050:1000']), {
    verb: 'on',
    torUser: 'debian-tor',
    relaysOnly: true,
    bridges: [{ address: '192.0.2.7', port: 443 }],
    owned: [{ port: 9050, uid: 1000 }],
  })
  t.match(parseLockdownRequest([]), { verb: 'status', json: false })
  t.match(parseLockdownRequest(['--minutes=9', '--yes', '--', 'portal', 'curl', '-v']), {
    verb: 'portal',
    portal: { minutes: 9, agreed: true, command: ['curl', '-v'] },
  })
  t.match(parseLockdownRequest(['portal']).portal, { minutes: 5, agreed: false, command: [] })
  for (const args of [
    ['nonsense'],
    ['on', 'off'],
    ['on', '--bridge=x'],
    ['on', '--owned=0:1'],
    ['--nonsense'],
    ['portal', '--minutes=0'],
    ['portal', '--minutes=61'],
    ['portal', '--resolver=x'],
  ])
    t.throws(() => parseLockdownRequest(args), { code: 'SUP_USAGE' }, args.join(' '))
})
