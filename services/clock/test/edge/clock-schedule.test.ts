import type { ClockTrust, GatewayClock } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import t, { type Test } from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { ClockSchedule } from '../../src/edge/clock-schedule.ts'

const NO_REDIS = new Fault('QUE_UNREACHABLE', 'there is no Redis', { where: 'local', retry: 'after-waiting' })
const HOUR = 3_600_000
const consensus = (fromMs: number, untilMs: number): GatewayClock['consensus'] => ({
  validAfter: new Date(Date.now() + fromMs).toISOString(),
  validUntil: new Date(Date.now() + untilMs).toISOString(),
})
const LIVE = consensus(-HOUR, 2 * HOUR)
const STALE = consensus(-5 * HOUR, -2 * HOUR)

// Each waits for looks at the gateway, which are a second apart.
t.jobs = 3

/** A schedule without Redis, beside a gateway that says what it is told to; what was done is noted in order. */
function openSchedule(t: Test, gateway: Partial<GatewayClock>) {
  let view: GatewayClock = { state: 'untrusted', circuitEstablished: true, skewReports: 0, consensus: LIVE, ...gateway }
  let looks = 0
  const done: string[] = []
  const schedule = new ClockSchedule({
    keeper: {
      trust: 'untrusted',
      doubt: () => void done.push('doubt'),
      sync: async ({ reason }) => {
        done.push(reason)
        return true // a bad one is tried again after a minute, for which a test may be held up
      },
    },
    queue: { work: () => {}, state: () => ({ type: 'unusable', why: NO_REDIS }), keep: () => {} },
    gateway: {
      readClock: async () => {
        looks += 1
        return view
      },
      tell: async (_trust: ClockTrust) => {},
    },
  })
  t.teardown(() => schedule.close())
  const nextLook = async (): Promise<void> => {
    const before = looks
    // The second of them begins after all that the first led to.
    await until('two looks at the gateway', () => looks >= before + 2)
  }
  return {
    done,
    nextLook,
    say: (more: Partial<GatewayClock>) => {
      view = { ...view, ...more }
    },
  }
}

t.test('TOR-07 a report of skew begins a round at once, and only that', { buffered: true }, async t => {
  const { done, nextLook, say } = openSchedule(t, {})
  await until('the first round', () => done.length > 0)
  await nextLook()
  t.same(done, ['start'], 'while nothing is wrong, none is due')
  say({ skewReports: 1 })
  await until('the round', () => done.length > 1)
  t.same(done, ['start', 'schedule'], 'what was right is not doubted for the word of one peer')
  say({ skewReports: 9 })
  await nextLook()
  t.equal(done.length, 2, 'and a peer that repeats itself begins no other')
})

t.test('TOR-07 a consensus that is stale begins a round that may step', { buffered: true }, async t => {
  const { done, nextLook, say } = openSchedule(t, {})
  await until('the first round', () => done.length > 0)
  say({ consensus: STALE })
  await until('the round', () => done.length > 2)
  t.same(done, ['start', 'doubt', 'start'])
  await nextLook()
  t.equal(done.length, 3, 'once')
})

t.test('TOR-07 without a circuit nothing is begun, whatever is reported', { buffered: true }, async t => {
  const { done, nextLook, say } = openSchedule(t, { circuitEstablished: false, consensus: STALE, skewReports: 3 })
  await nextLook()
  t.same(done, [])
  say({ circuitEstablished: true })
  await until('the first round', () => done.length > 0)
  t.equal(done[0], 'start', 'and with one, the clock comes first')
})
