import type { GatewayStatus, TorStatus } from '@cordon/shared/contracts'
import t from 'tap'
import {
  beginSupervision,
  chooseParts,
  judgeState,
  LogRing,
  listParts,
  looksAlike,
  type PartState,
  parsePartLogLine,
  parseTorLogLine,
  type Supervision,
} from '../../src/lifecycle/index.ts'

const TOR: TorStatus = {
  version: '0.4.9.11',
  progress: 100,
  phase: 'Done',
  circuitEstablished: true,
  trouble: null,
  cause: null,
  next: null,
}
const GATEWAY: GatewayStatus = {
  state: 'ready',
  tor: { control: 'connected', version: '0.4.9.11', progress: 100, circuitEstablished: true },
  apps: [],
  audit: { verdict: 'held', drift: [] },
  clock: { state: 'untrusted' },
  configurationTrouble: null,
}

const withStates = (wanted: 'up' | 'down', tor: PartState, gateway: PartState, redis?: PartState): Supervision => {
  const begun = beginSupervision(chooseParts(redis === undefined ? ['tor', 'gateway'] : ['tor', 'redis', 'gateway']))
  const states = {
    lab: 'down',
    tor,
    gateway,
    redis: redis ?? 'down',
    dns: 'down',
    clock: 'down',
    updates: 'down',
  } as const
  return { wanted, parts: begun.parts.map(part => ({ ...part, state: states[part.definition.name] })) }
}

t.test('the state of the whole', async t => {
  const ready = { supervision: withStates('up', 'ready', 'ready'), tor: TOR, gateway: GATEWAY, wasReady: false }
  t.equal(judgeState(ready), 'ready')
  t.equal(judgeState({ ...ready, gateway: undefined }), 'starting', 'a gateway that does not answer is not ready')
  t.equal(judgeState({ ...ready, gateway: { ...GATEWAY, state: 'degraded' } }), 'degraded')
  t.equal(judgeState({ ...ready, tor: { ...TOR, circuitEstablished: false } }), 'starting')
  const breached: GatewayStatus = { ...GATEWAY, audit: { verdict: 'breached', drift: [] } }
  t.equal(judgeState({ ...ready, gateway: breached }), 'breached', 'whatever else works')
  t.equal(judgeState({ ...ready, tor: { ...TOR, circuitEstablished: false }, wasReady: true }), 'degraded')
  t.equal(judgeState({ ...ready, supervision: withStates('up', 'failed', 'ready') }), 'degraded')
  t.equal(judgeState({ ...ready, supervision: withStates('up', 'starting', 'ready') }), 'starting')
  t.equal(judgeState({ ...ready, supervision: withStates('down', 'down', 'down') }), 'stopped')
  t.equal(judgeState({ ...ready, supervision: withStates('down', 'draining', 'down') }), 'starting')
})

t.test('RED-01: without redis the traffic of apps passes, and the whole is degraded', async t => {
  const judge = (redis: PartState, wasReady = false) =>
    judgeState({ supervision: withStates('up', 'ready', 'ready', redis), tor: TOR, gateway: GATEWAY, wasReady })
  t.equal(judge('ready'), 'ready')
  t.equal(judge('failed'), 'degraded')
  t.equal(judge('down'), 'degraded')
  t.equal(judge('starting'), 'starting', 'at the start it is waited for')
  t.equal(judge('starting', true), 'degraded')
  t.equal(judge('silent', true), 'degraded')
})

t.test('only what can be seen from outside is a change', async t => {
  const before = withStates('up', 'ready', 'ready')
  const [tor, gateway] = before.parts
  if (tor === undefined || gateway === undefined) throw new Error('no parts')
  t.ok(looksAlike(before, { ...before, parts: [{ ...tor, believedUntil: 9 }, gateway] }))
  t.notOk(looksAlike(before, { ...before, wanted: 'down' }))
  for (const change of [{ state: 'silent' }, { pid: 7 }, { detail: '5 %' }] as const) {
    t.notOk(looksAlike(before, { ...before, parts: [{ ...tor, ...change }, gateway] }), JSON.stringify(change))
  }
})

t.test('the list of parts names each with its state', async t => {
  t.same(listParts(withStates('up', 'ready', 'starting')), [
    { name: 'tor', state: 'ready', pid: null, detail: null, optional: false },
    { name: 'gateway', state: 'starting', pid: null, detail: null, optional: false },
  ])
})

t.test('the ring keeps the newest thousand lines', async t => {
  const ring = new LogRing()
  for (let n = 0; n < 1500; n++) ring.push({ part: 'tor', level: 'info', text: String(n) }, '2026-11-23T00:00:00Z')
  t.equal(ring.linesAfter(0).length, 1000)
  t.equal(ring.linesAfter(0)[0]?.text, '500')
})

t.test('lines of our own parts', async t => {
  const record = { at: '2026-11-23T01:55:23.832Z', level: 'info', part: 'gateway', key: 'queue.usable' }
  const says = 'the queue can be used'
  t.same(parsePartLogLine(JSON.stringify({ ...record, fields: { part: 'gateway' }, says })), {
    level: 'info',
    text: says,
  })
  t.match(
    parsePartLogLine(
      JSON.stringify({ ...record, level: 'debug', fields: { app: 'mail', count: 2 }, says, detail: 'no' }),
    ),
    { level: 'info', text: `${says} (app=mail, count=2): no` },
  )
  t.same(parsePartLogLine('node: bad option'), { level: 'error', text: 'node: bad option' })
  t.match(parsePartLogLine('{"level":7}'), { level: 'error' })
})

t.test("lines of tor's log", async t => {
  const at = 'Nov 23 00:17:54.000'
  t.same(parseTorLogLine(`${at} [notice] Bootstrapped 5% (conn): x`), {
    level: 'info',
    text: 'Bootstrapped 5% (conn): x',
  })
  t.same(parseTorLogLine(`${at} [warn] Something`), { level: 'warn', text: 'Something' })
  t.same(parseTorLogLine(`${at} [err] Reading config failed`), { level: 'error', text: 'Reading config failed' })
  t.match(parseTorLogLine(`${at} [warn] You are running Tor as root. You don't need to`), { level: 'info' })
  t.same(
    parseTorLogLine('exec failed'),
    { level: 'error', text: 'exec failed' },
    'what is not a line of a log is an error',
  )
  const host = `host ${'7'.repeat(40)} at 193.23.244.244:443`
  const stuck = `${at} [warn] Problem bootstrapping. Stuck at 14% (DONE; count 10; recommendation warn; ${host})`
  t.same(
    parseTorLogLine(stuck),
    { level: 'info', text: 'Problem bootstrapping. Stuck at 14% (DONE; count 10; recommendation warn)' },
    'where somebody enters the Tor network is not written',
  )
})
