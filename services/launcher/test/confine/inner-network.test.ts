import t from 'tap'
import { failDatagram, fitDatagram } from '../../src/confine/datagram.ts'
import { decodeFrame, encodeFrame } from '../../src/confine/frames.ts'
import { planDevices, planRules6 } from '../../src/confine/inner-network.ts'
import { isInLan } from '../../src/confine/lan.ts'
import { formatRuleset } from '../../src/confine/ruleset.ts'
import { chooseWay, listDoors } from '../../src/confine/way.ts'

const both = { ipv6: true, allowLan: false, doors: [53, 9050] }

t.test('rules: every hook that a packet could leave by is closed', async t => {
  const rules = formatRuleset(both)
  for (const hook of ['postrouting', 'input', 'forward'])
    t.match(rules, new RegExp(`hook ${hook} priority [a-z0-9]+; policy drop;`), hook)
  t.match(rules, 'oifname "lo" accept')
  t.match(rules, 'tproxy ip6 to [::1]:1')
  t.match(rules, 'udp ip6 daddr != @own6 redirect to :9')
  t.ok(
    rules.indexOf('daddr @own6 socket transparent 0 accept') < rules.indexOf('tproxy ip to'),
    'its own listeners first',
  )
  t.match(rules, 'set doors { type inet_service; elements = { 53, 9050 } }')
})

t.test('a connection goes by the app’s port, to a door, or nowhere', async t => {
  const control = { socket: '/r/apps/a.control', port: 41_001 }
  const doors = listDoors({ port: 41_000, socket: '/r/apps/a.sock', control }, [8080, 9150])
  const ways = { appSocket: '/r/apps/a.sock', dnsSocket: '/r/dns/a.dns', allowLan: false, doors }
  const at = (address: string, port: number, allowLan = false) => chooseWay(address, port, { ...ways, allowLan })
  for (const port of [9050, 41_000])
    t.same(
      at('127.0.0.1', port),
      { type: 'relayed', to: { path: '/r/apps/a.sock' } },
      'SOCKS, at the app’s own port too',
    )
  for (const port of [9051, 9151, 41_001]) t.same(at('::1', port), { type: 'relayed', to: { path: control.socket } })
  for (const port of [8080, 9150])
    t.same(
      at('127.0.0.1', port),
      { type: 'relayed', to: { host: '127.0.0.1', port } },
      'what a person exposes comes first',
    )
  t.same(at('127.0.0.77', 1), { type: 'refused' }, 'the listener itself')
  t.same(at('10.77.0.2', 22), { type: 'refused' })
  for (const server of ['127.0.0.1', '8.8.8.8', '2001:db8::1'])
    t.same(at(server, 53), { type: 'relayed', to: { path: '/r/dns/a.dns' } }, 'names, whoever is asked')
  for (const address of ['10.192.0.1', '198.18.80.1', '2001:db8::1', '192.168.1.1'])
    t.same(at(address, 9050), { type: 'stream' }, address)
  t.same(at('192.168.1.1', 80, true), { type: 'relayed', to: { host: '192.168.1.1', port: 80 } })
  t.same(at('10.192.0.1', 80, true), { type: 'stream' }, 'a virtual address is in no local network')
  t.same(
    [...listDoors({ port: null, socket: '/a', control: null }, []).keys()],
    [9050, 9150],
    'no control, no TCP port',
  )
})

t.test('rules and routes without IPv6 (ipv6.disable=1) hold no line about it', async t => {
  const wishes = { ...both, ipv6: false }
  t.notMatch(formatRuleset(wishes), /ip6|ipv6|::/)
  t.notMatch(planDevices(wishes).join('\n'), /::/)
  t.same(planRules6(wishes), [])
})

t.test(
  'routes: local networks lead nowhere unless they are allowed; virtual addresses always lead to the decoy',
  async t => {
    const [closed, open] = [planDevices(both), planDevices({ ...both, allowLan: true })]
    t.ok(closed.includes('route add unreachable 192.168.0.0/16'))
    t.notOk(open.includes('route add unreachable 192.168.0.0/16'))
    for (const lines of [closed, open]) {
      t.ok(lines.some(line => line.startsWith('route add 10.192.0.0/10 via')))
      t.ok(lines.includes('route add unreachable 224.0.0.0/4'), 'no multicast')
    }
  },
)

t.test('a local network is known by its address; a virtual address is none', async t => {
  for (const address of ['10.0.0.1', '10.191.255.255', '172.31.0.1', '192.168.1.1', '169.254.0.9'])
    t.ok(isInLan(address))
  for (const address of ['10.192.0.1', '10.255.1.1', '172.32.0.1', '8.8.8.8', '192.169.0.1', 'x'])
    t.notOk(isInLan(address))
})

// Header (id, flags, counts), then the question: 1 "a" 0, type A, class IN.
const header = (flags: string, counts: string): string => `abcd${flags}${counts}`
const QUESTION = '01610000010001'
const bytes = (...hex: string[]): Buffer => Buffer.from(hex.join(''), 'hex')
const plain = bytes(header('0100', '0001000000000000'), QUESTION)
const withOffer = (size: string): Buffer =>
  bytes(header('0100', '0001000000000001'), QUESTION, '00', '0029', size, '00000000', '0000')
const answerOf = (length: number): Buffer =>
  Buffer.concat([bytes(header('8180', '0001001000000000'), QUESTION), Buffer.alloc(length - 19)])

t.test('a datagram holds what the asker takes, and says TC for the rest (RFC 2181 section 9)', async t => {
  t.equal(fitDatagram(plain, answerOf(512))?.length, 512)
  t.equal(fitDatagram(withOffer('04d0'), answerOf(1232))?.length, 1232, 'EDNS')
  t.equal(fitDatagram(withOffer('ffff'), answerOf(1233))?.length, 19, 'no more than passes everywhere')
  t.equal(fitDatagram(withOffer('0001'), answerOf(512))?.length, 512, 'never less than RFC 1035')
  const cut = fitDatagram(plain, answerOf(513))
  t.same(cut, bytes(header('8380', '0001000000000000'), QUESTION), 'header with TC, question, no records')
  t.equal(fitDatagram(plain, Buffer.alloc(11)), undefined, 'no message')
  t.equal(fitDatagram(plain, bytes(header('8180', '0001000000000000'), 'ff')), undefined, 'no question')
})

t.test('a question that cannot be asked is answered with SERVFAIL at once', async t => {
  t.same(failDatagram(withOffer('04d0')), bytes(header('8102', '0001000000000000'), QUESTION))
  t.equal(failDatagram(answerOf(30)), undefined, 'an answer is never answered')
  t.equal(failDatagram(Buffer.alloc(3)), undefined)
})

t.test('a framed message is read when it is whole, and not before', async t => {
  const frame = encodeFrame(plain) ?? Buffer.alloc(0)
  for (let cut = 0; cut < frame.length; cut++) t.equal(decodeFrame(frame.subarray(0, cut)), undefined)
  t.same(decodeFrame(Buffer.concat([frame, bytes('00')])), plain, 'what follows is left')
  t.equal(encodeFrame(Buffer.alloc(65_536)), undefined)
})
