import type { GatewayStatus, TorStatus } from '@cordon/shared/contracts'
import t from 'tap'
import {
  beginSupervision,
  chooseParts,
  judgeState,
  LogRing,
  listParts,
  type PartState,
  parseTorLogLine,
  type Supervision,
} from '../../src/lifecycle/index.ts'

const TOR: TorStatus = {
  version: '0.4.9.11',
  progress: 100,
  phase: 'Done',
  circuitEstablished: true,
  cause: null,
  next: null,
}
const GATEWAY: GatewayStatus = {
  state: 'ready',
  tor: { control: 'connected', version: '0.4.9.11', progress: 100, circuitEstablished: true },
  apps: [],
  configurationTrouble: null,
}

const withStates = (wanted: 'up' | 'down', tor: PartState, gateway: PartState): Supervision => {
  const begun = beginSupervision(chooseParts(['tor', 'gateway']))
  const states = { lab: 'down', tor, gateway } as const
  return { wanted, parts: begun.parts.map(part => ({ ...part, state: states[part.definition.name] })) }
}

t.test('the state of the whole', async t => {
  const ready = { supervision: withStates('up', 'ready', 'ready'), tor: TOR, gateway: GATEWAY, wasReady: false }
  t.equal(judgeState(ready), 'ready')
  t.equal(judgeState({ ...ready, gateway: undefined }), 'starting', 'a gateway that does not answer is not ready')
  t.equal(judgeState({ ...ready, gateway: { ...GATEWAY, state: 'degraded' } }), 'degraded')
  t.equal(judgeState({ ...ready, tor: { ...TOR, circuitEstablished: false } }), 'starting')
  t.equal(judgeState({ ...ready, tor: { ...TOR, circuitEstablished: false }, wasReady: true }), 'degraded')
  t.equal(judgeState({ ...ready, supervision: withStates('up', 'failed', 'ready') }), 'degraded')
  t.equal(judgeState({ ...ready, supervision: withStates('up', 'starting', 'ready') }), 'starting')
  t.equal(judgeState({ ...ready, supervision: withStates('down', 'down', 'down') }), 'stopped')
  t.equal(judgeState({ ...ready, supervision: withStates('down', 'draining', 'down') }), 'starting')
})

t.test('the list of parts names each with its state', async t => {
  t.same(listParts(withStates('up', 'ready', 'starting')), [
    { name: 'tor', state: 'ready', pid: null, detail: null },
    { name: 'gateway', state: 'starting', pid: null, detail: null },
  ])
})

t.test('the ring keeps the newest thousand lines', async t => {
  const ring = new LogRing()
  for (let n = 0; n < 1500; n++) ring.push({ part: 'tor', level: 'info', text: String(n) })
  t.equal(ring.lines().length, 1000)
  t.equal(ring.lines()[0]?.text, '500')
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
