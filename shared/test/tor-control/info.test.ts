import {
  isAsynchronous,
  isAtLeast,
  parseBootstrapPhase,
  parseCircuitStatus,
  parseConsensusTime,
  parseCountry,
  parseEntryGuards,
  parseGetConf,
  parseGetInfo,
  parseListeners,
  parsePath,
  parseRouterStatus,
  parseStreamStatus,
  parseTorVersion,
  type Reply,
  ReplyReader,
} from '@cordon/shared/tor-control'
import t from 'tap'
import { latin1 } from '../bytes.ts'
import { CIRCUIT_STATUS, ROUTER_STATUS, STREAM_STATUS } from './fixtures/captured.ts'

function replyOf(...lines: string[]): Reply {
  const [reply] = new ReplyReader().push(latin1(lines.map(line => `${line}\r\n`).join(''))).replies
  if (reply === undefined) throw new Error('no reply')
  return reply
}

t.test('GETINFO is read with values on the line and in data', async t => {
  const reply = replyOf('250-version=0.4.9.11', '250-circuit-status=', '250+x=', 'a=b', '..c', '.', '250 OK')
  const found = parseGetInfo(reply)
  t.same(
    found,
    new Map([
      ['version', '0.4.9.11'],
      ['circuit-status', ''],
      ['x', 'a=b\n.c'],
    ]),
  )
  t.notOk(isAsynchronous(reply))
  t.match(parseGetInfo(replyOf('552 Unrecognized key "nosuch"')), { why: 'GETINFO status' })
  t.match(parseGetInfo(replyOf('250-nothing', '250 OK')), { why: 'GETINFO line' })
  t.match(parseGetInfo(replyOf('250-=a', '250 OK')), { why: 'GETINFO line' })
})

t.test('the legs of a conflux set are listed, one with the credentials', async t => {
  const circuits = parseCircuitStatus(CIRCUIT_STATUS)
  if ('why' in circuits) throw new Error(circuits.why)
  t.same(
    circuits.map(({ id, confluxId }) => [id, confluxId]),
    [
      ['21', 'F2E58C64E527284864449ECA0C082A82'],
      ['22', 'F2E58C64E527284864449ECA0C082A82'],
    ],
  )
  t.same(
    circuits.map(({ socksPassword }) => socksPassword?.reveal()),
    ['pa ss', undefined],
  )
  t.same(parseCircuitStatus(''), [])
  t.match(parseCircuitStatus('1 BUILT\nx.y'), { why: 'CIRC id' })
})

t.test('streams are listed with four fields', async t => {
  const streams = parseStreamStatus(STREAM_STATUS)
  if ('why' in streams) throw new Error(streams.why)
  t.same(
    streams.map(({ id, circuit, target }) => [id, circuit, target.reveal()]),
    [
      ['19', undefined, 'example.com:80'],
      ['22', '7', 'other.example:443'],
    ],
  )
})

t.test('guards are listed in the order of preference', async t => {
  const fingerprint = '8164CE09DA795F7EC0EE9DA8A1848366FE2D9173'
  t.same(parseEntryGuards(`$${fingerprint}~e1 up\n$${fingerprint} never-connected`), [
    { relay: { fingerprint, nickname: 'e1' }, status: 'up' },
    { relay: { fingerprint, nickname: undefined }, status: 'never-connected' },
  ])
  t.match(parseEntryGuards('e1 up'), { why: 'entry-guards line' })
  t.match(parseEntryGuards(`$${fingerprint}`), { why: 'entry-guards line' })
  t.equal(parsePath(`$${fingerprint},`), undefined)
})

t.test('listeners are quoted', async t => {
  t.same(parseListeners('"unix:/run/tor/socks.sock" "127.0.0.1:9050"'), ['unix:/run/tor/socks.sock', '127.0.0.1:9050'])
  t.same(parseListeners(''), [])
  for (const bad of ['x', '"a', '"a"b']) t.match(parseListeners(bad), { why: 'listeners' })
})

t.test('a country is two letters or not known', async t => {
  t.equal(parseCountry('us'), 'us')
  t.equal(parseCountry('??'), undefined)
  t.equal(parseCountry('usa'), undefined)
})

t.test('GETCONF is read with repeated, empty and default options', async t => {
  const settings = parseGetConf(replyOf('250-SocksPort=unix:/s Iso', '250-SocksPort=9050', '250-Empty=', '250 Bridge'))
  if ('why' in settings) throw new Error(settings.why)
  t.same(
    settings.map(({ key, value }) => [key, value?.reveal()]),
    [
      ['SocksPort', 'unix:/s Iso'],
      ['SocksPort', '9050'],
      ['Empty', ''],
      ['Bridge', undefined],
    ],
  )
  t.same(parseGetConf(replyOf('250 OK')), [])
  t.match(parseGetConf(replyOf('552 Unrecognized configuration key "x"')), { why: 'GETCONF status' })
  t.match(parseGetConf(replyOf('250 a b')), { why: 'option line' })
})

t.test('a router status names the relay, its address and its flags', async t => {
  t.same(parseRouterStatus(ROUTER_STATUS), {
    nickname: 'e1',
    fingerprint: '8164CE09DA795F7EC0EE9DA8A1848366FE2D9173',
    address: '198.18.0.12',
    orPort: 5000,
    flags: ['Exit', 'Fast', 'Guard', 'HSDir', 'Running', 'Stable', 'V2Dir', 'Valid'],
  })
  t.equal(parseRouterStatus(''), undefined)
  t.match(parseRouterStatus('s Exit'), { why: 'router status r' })
  t.match(parseRouterStatus(ROUTER_STATUS.replace('gWTO', '!')), { why: 'router status r' })
  t.match(parseRouterStatus(ROUTER_STATUS.replace(' 5000 ', ' 70000 ')), { why: 'router status port' })
  t.match(parseRouterStatus(ROUTER_STATUS.replace(' 5000 ', ' x ')), { why: 'router status port' })
  t.match(parseRouterStatus(ROUTER_STATUS.replace('\ns ', '\nz ')), { why: 'router status s' })
  t.match(parseRouterStatus(ROUTER_STATUS.replace(/\ns .*/, '\ns')), { flags: [] })
})

t.test('the bootstrap phase is read as GETINFO tells it', async t => {
  t.match(parseBootstrapPhase('NOTICE BOOTSTRAP PROGRESS=0 TAG=starting SUMMARY="Starting"'), {
    severity: 'NOTICE',
    progress: 0,
    tag: 'starting',
    summary: 'Starting',
  })
  t.match(parseBootstrapPhase('NOTICE CIRCUIT_ESTABLISHED'), { why: 'BOOTSTRAP fields' })
  t.match(parseBootstrapPhase('NOTICE BOOTSTRAP SUMMARY="'), { why: 'BOOTSTRAP fields' })
})

t.test('versions are compared by their numbers', async t => {
  const version = (text: string) => {
    const found = parseTorVersion(text)
    if (found === undefined) throw new Error(text)
    return found
  }
  t.same(parseTorVersion('0.4.9.11'), { numbers: [0, 4, 9, 11], status: undefined })
  t.same(parseTorVersion('Tor 0.4.9.1-alpha-dev (git-0123)'), { numbers: [0, 4, 9, 1], status: 'alpha-dev' })
  t.same(parseTorVersion('0.4.9'), { numbers: [0, 4, 9, 0], status: undefined })
  for (const text of ['', '0.4', 'arti 2.5.0', '0.4.9.11.1', '0.4.9.x']) t.equal(parseTorVersion(text), undefined, text)
  t.ok(isAtLeast(version('0.4.9.11'), version('0.4.9.11')))
  t.ok(isAtLeast(version('0.4.10.0'), version('0.4.9.11')))
  t.ok(isAtLeast(version('1.0.0'), version('0.4.9.11')))
  t.notOk(isAtLeast(version('0.4.8.22'), version('0.4.9.0')))
})

t.test('the times of a consensus are whole seconds of UTC that exist', async t => {
  t.equal(parseConsensusTime('2026-11-23 03:00:00'), Date.UTC(2026, 10, 23, 3))
  for (const text of ['', '2026-11-23', '2026-11-23T03:00:00', '2026-02-30 03:00:00', '2026-11-23 24:00:00', 'now']) {
    t.equal(parseConsensusTime(text), undefined, text)
  }
})
