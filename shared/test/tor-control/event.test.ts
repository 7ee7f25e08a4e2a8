import { inspect } from 'node:util'
import { parseEvent, type Reply, ReplyReader, type TorEvent } from '@cordon/shared/tor-control'
import t from 'tap'
import { latin1 } from '../bytes.ts'
import { CONF_CHANGED, EVENTS } from './fixtures/captured.ts'

function replyOf(text: string): Reply {
  const [reply] = new ReplyReader().push(latin1(text)).replies
  if (reply === undefined) throw new Error('no reply')
  return reply
}

const read = (line: string) => parseEvent(replyOf(`${line}\r\n`))

function readAs<Type extends TorEvent['type']>(type: Type, line: string): Extract<TorEvent, { type: Type }> {
  const event = read(line)
  if (event.type !== type) throw new Error(`${event.type} for ${line}`)
  return event as Extract<TorEvent, { type: Type }>
}

t.test('a stream event carries what isolation is judged by', async t => {
  const opened = readAs('stream', EVENTS.streamNew)
  t.match(opened, { id: '32', status: 'NEW', circuit: undefined, purpose: 'USER', clientProtocol: 'SOCKS5' })
  t.match(opened, {
    nymEpoch: 0,
    sessionGroup: -5,
    isoFields: ['SOCKS_USERNAME', 'SOCKS_PASSWORD', 'SESSION_GROUP', 'NYM_EPOCH'],
  })
  t.equal(opened.target.reveal(), 'check.example:80')
  t.equal(opened.sourceAddress?.reveal(), '/run/tor/socks.sock:0')
  t.equal(opened.socksUsername?.reveal(), 'user\'\\"\xff\n\x1bxx', 'byte for byte')
  t.equal(opened.socksPassword?.reveal(), 'pa ss')
  t.match(readAs('stream', EVENTS.streamSent), { status: 'SENTCONNECT', circuit: '21', sourceAddress: undefined })
  t.match(readAs('stream', EVENTS.streamRemap), { status: 'REMAP', source: 'EXIT', socksUsername: undefined })
  t.match(readAs('stream', EVENTS.streamResolve), { status: 'NEWRESOLVE', purpose: 'DNS_REQUEST' })
  t.match(readAs('stream', EVENTS.streamFailed), { status: 'FAILED', reason: 'PRIVATE_ADDR', circuit: undefined })
  t.match(readAs('stream', EVENTS.streamOwn), { reason: 'END', remoteReason: 'DONE', sessionGroup: -2, isoFields: [] })
  t.match(readAs('stream', '650 STREAM 1 XYZZY 0 a:1 NEW_KEYWORD=1'), { status: 'unrecognized', isoFields: undefined })
})

t.test('a circuit event carries path, purpose and the conflux set', async t => {
  const closed = readAs('circuit', EVENTS.circuitClosed)
  t.match(closed, { id: '5', status: 'CLOSED', reason: 'REQUESTED', purpose: 'CONFLUX_LINKED', confluxId: undefined })
  t.same(
    closed.path.reveal().map(({ nickname }) => nickname),
    ['e1', 'e2', 'e3'],
  )
  t.equal(closed.path.reveal()[0]?.fingerprint, '8164CE09DA795F7EC0EE9DA8A1848366FE2D9173')
  t.equal(closed.socksPassword?.reveal(), 'pa ss')
  const launched = readAs('circuit', EVENTS.circuitLaunched)
  t.same(launched.path.reveal(), [])
  t.match(launched, { status: 'LAUNCHED', buildFlags: ['NEED_CAPACITY', 'NEED_UPTIME'] })
  t.match(launched, { confluxId: '93B852695B271ED352059B6F4A6FB7B7', timeCreated: '2026-11-23T00:14:05.922423' })
  const oneHop = readAs('circuit', EVENTS.circuitOneHop)
  t.same(oneHop.path.reveal(), [{ fingerprint: 'B79F950915D7798BAF9D18FC485EDBF596C6C3D4', nickname: undefined }])
  const onion = readAs('circuit', EVENTS.circuitOnion)
  t.match(onion, { hsState: 'HSSI_CONNECTING', purpose: 'HS_SERVICE_INTRO' })
  t.equal(onion.rendQuery?.reveal(), 'imygfstyfowxkxltarvgwt7jlub4kkwfimog73ml6f7egwzszcohfwad')
  const minor = readAs('circuit-minor', EVENTS.circuitMinor)
  t.match(minor, { change: 'PURPOSE_CHANGED', purpose: 'CONFLUX_LINKED', oldPurpose: 'CONFLUX_UNLINKED' })
  t.match(minor, { confluxId: 'F2E58C64E527284864449ECA0C082A82' })
  t.match(readAs('circuit-minor', '650 CIRC_MINOR 1 CANNIBALIZED OLD_HS_STATE=X'), {
    change: 'CANNIBALIZED',
    oldHsState: 'X',
  })
  t.match(readAs('circuit-minor', '650 CIRC_MINOR 1 XYZZY'), { change: 'unrecognized', buildFlags: [] })
  t.match(readAs('circuit', '650 CIRC 1 XYZZY'), { status: 'unrecognized' })
})

t.test('bootstrap and status events say how tor is, and no address', async t => {
  t.match(readAs('bootstrap', EVENTS.bootstrap).phase, {
    progress: 14,
    tag: 'handshake',
    summary: 'Handshaking with a relay',
  })
  // control-spec 5.5, an example with every keyword.
  const stuck = readAs(
    'bootstrap',
    '650 STATUS_CLIENT WARN BOOTSTRAP PROGRESS=50 TAG=loading_descriptors WARNING="Connection refused" REASON=CONNECTREFUSED COUNT=5 RECOMMENDATION=warn HOSTID="X" HOSTADDR="192.0.2.9:1"',
  )
  t.same(stuck.phase, {
    severity: 'WARN',
    progress: 50,
    tag: 'loading_descriptors',
    summary: 'loading_descriptors',
    warning: 'Connection refused',
    reason: 'CONNECTREFUSED',
    count: 5,
    recommendation: 'warn',
  })
  t.match(readAs('status', EVENTS.established), { source: 'client', severity: 'NOTICE', action: 'CIRCUIT_ESTABLISHED' })
  const skew = readAs('status', '650 STATUS_GENERAL WARN CLOCK_SKEW SKEW=-3600 SOURCE=OR:192.0.2.9:443')
  t.match(skew, { source: 'general', action: 'CLOCK_SKEW', skewSeconds: -3600, jumpSeconds: undefined })
  t.match(readAs('status', '650 STATUS_GENERAL NOTICE CLOCK_JUMPED TIME=120'), { jumpSeconds: 120 })
  const dangerous = read('650 STATUS_CLIENT WARN DANGEROUS_SOCKS PROTOCOL=SOCKS4 ADDRESS=203.0.113.7:80')
  t.notMatch(inspect(dangerous, { depth: 9 }), '203.0.113.7')
  t.match(read('650 STATUS_CLIENT NOTICE CIRCUIT_NOT_ESTABLISHED REASON=CLOCK_JUMPED'), { reason: 'CLOCK_JUMPED' })
})

t.test('the other events are decoded', async t => {
  t.same(read(EVENTS.bandwidth), { type: 'bandwidth', bytesRead: 0, bytesWritten: 512 })
  t.same(read(EVENTS.streamBandwidth), { type: 'stream-bandwidth', id: '19', bytesWritten: 42, bytesRead: 4 })
  t.same(read(EVENTS.circuitBandwidth), { type: 'circuit-bandwidth', id: '26', bytesRead: 1018, bytesWritten: 1527 })
  const failed = readAs('onion-descriptor', EVENTS.descriptorFailed)
  t.match(failed, { action: 'FAILED', reason: 'NOT_FOUND' })
  t.match(failed.address?.reveal(), /^duckduckgo/)
  t.match(read('650 HS_DESC XYZZY UNKNOWN NO_AUTH UNKNOWN'), { action: 'unrecognized', address: undefined })
  const guard = readAs('guard', EVENTS.guard)
  t.same([guard.status, guard.relay.reveal().nickname], ['NEW', 'e1'])
  t.same(read(EVENTS.liveness), { type: 'network-liveness', up: true })
  t.same(read('650 NETWORK_LIVENESS DOWN'), { type: 'network-liveness', up: false })
  t.same(read(EVENTS.signal), { type: 'signal', name: 'NEWNYM' })
  t.equal(readAs('log', EVENTS.notice).message.reveal(), 'Opening Socks listener on /run/tor/socks.sock')
  const long = parseEvent(replyOf('650+WARN\r\none\r\ntwo\r\n.\r\n650 OK\r\n'))
  t.equal(long.type === 'log' && long.message.reveal(), 'one\ntwo')
  const changed = parseEvent(replyOf(CONF_CHANGED))
  if (changed.type !== 'conf-changed') throw new Error(changed.type)
  t.same(
    changed.settings.map(({ key, value }) => [key, value?.reveal()]),
    [['ContactInfo', 'a "q" \\ b']],
  )
})

t.test('an event that is not known is named, and is no error', async t => {
  t.same(read('650 BUILDTIMEOUT_SET COMPUTED TOTAL_TIMES=1'), { type: 'unknown', name: 'BUILDTIMEOUT_SET' })
  t.same(read('650 XYZZY'), { type: 'unknown', name: 'XYZZY' })
  t.match(read('650 no event'), { type: 'malformed', why: 'event name' })
  t.match(read('650 '), { type: 'malformed', why: 'event name' })
  t.match(parseEvent({ status: 650, lines: [] }), { type: 'malformed', why: 'event name' })
  t.throws(() => read('250 OK'), { name: 'InternalError' })
})

t.test('a known event that breaks its grammar is malformed, field by field', async t => {
  const cases: readonly (readonly [string, string])[] = [
    ['STREAM', 'STREAM id'],
    ['STREAM a.b NEW 0 a:1', 'STREAM id'],
    ['STREAM 12345678901234567 NEW 0 a:1', 'STREAM id'],
    ['STREAM 1 NEW', 'STREAM circuit'],
    ['STREAM 1 NEW ! a:1', 'STREAM circuit'],
    ['STREAM 1 NEW 0', 'STREAM target'],
    ['STREAM 1 NEW 0 a:1 SOCKS_USERNAME="a', 'STREAM fields'],
    ['STREAM 1 NEW 0 a:1 SOCKS_USERNAME="a" SOCKS_USERNAME="b"', 'STREAM fields'],
    ['STREAM 1 NEW 0 a:1 NYM_EPOCH=x', 'STREAM NYM_EPOCH'],
    ['STREAM 1 NEW 0 a:1 SESSION_GROUP=', 'STREAM SESSION_GROUP'],
    ['CIRC 0 BUILT', 'CIRC id'],
    ['CIRC 1', 'CIRC status'],
    ['CIRC 1 BUILT $12', 'CIRC path'],
    ['CIRC 1 BUILT PURPOSE="', 'CIRC fields'],
    ['CIRC_MINOR - X', 'CIRC_MINOR id'],
    ['STATUS_CLIENT NOTICE', 'STATUS fields'],
    ['STATUS_GENERAL NOTICE X A="', 'STATUS fields'],
    ['STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=101 TAG=x', 'BOOTSTRAP PROGRESS'],
    ['STATUS_CLIENT NOTICE BOOTSTRAP TAG=x', 'BOOTSTRAP PROGRESS'],
    ['STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=1', 'BOOTSTRAP TAG'],
    ['BW 1', 'BW fields'],
    ['STREAM_BW 1 2', 'STREAM_BW fields'],
    ['CIRC_BW READ=1 WRITTEN=1', 'CIRC_BW fields'],
    ['CIRC_BW A="', 'CIRC_BW fields'],
    ['HS_DESC FAILED', 'HS_DESC fields'],
    ['HS_DESC FAILED x NO_AUTH y A="', 'HS_DESC fields'],
    ['GUARD ENTRY x UP', 'GUARD fields'],
    ['NETWORK_LIVENESS MAYBE', 'NETWORK_LIVENESS status'],
    ['SIGNAL new nym', 'SIGNAL name'],
  ]
  for (const [line, why] of cases) t.same(read(`650 ${line}`), { type: 'malformed', why }, line)
  t.match(parseEvent(replyOf('650-CONF_CHANGED\r\n650-a b=c\r\n650 OK\r\n')), { type: 'malformed', why: 'option line' })
})

t.test('destinations, credentials, onion addresses and paths do not print', async t => {
  for (const line of [
    EVENTS.streamNew,
    EVENTS.circuitClosed,
    EVENTS.circuitOnion,
    EVENTS.descriptorFailed,
    EVENTS.guard,
  ]) {
    const event = read(line)
    const printed = `${inspect(event, { depth: 9 })} ${JSON.stringify(event)}`
    t.notMatch(printed, /check\.example|pa ss|imygfst|duckduck|8164CE09/, line)
  }
})
