import t from 'tap'
import { findSleep, NOTHING_NOTICED, planNotice, planResume, SAMPLE_EVERY_MS } from '../../src/lifecycle/index.ts'

const BEFORE = { asleepMs: 5000, now: 100_000 }
const after = (sleptMs: number, lateMs: number) => ({
  asleepMs: BEFORE.asleepMs + sleptMs,
  now: BEFORE.now + SAMPLE_EVERY_MS + lateMs,
})

t.test('SUP-08: a sleep is seen by the clocks that no step moves', async t => {
  t.same(findSleep(BEFORE, after(600_000, 0)), { kind: 'suspended', ms: 600_000 })
  t.same(findSleep(BEFORE, after(0, 600_000)), { kind: 'frozen', ms: 600_000 }, 'all processes stopped')
  t.same(findSleep(BEFORE, after(600_000, 3000)), { kind: 'suspended', ms: 600_000 }, 'and slow to wake')
})

t.test('a busy machine does not sleep', async t => {
  t.equal(findSleep(BEFORE, after(0, 0)), undefined)
  t.equal(findSleep(BEFORE, after(0, 2500)), undefined)
  t.equal(findSleep(BEFORE, after(0.4, 0)), undefined, 'the clocks are read one after the other')
})

t.test('SUP-08: after a sleep dead circuits go first, then health is asked, then the queue goes on', async t => {
  t.same(planResume({ kind: 'suspended', ms: 600_000 }), ['circuits', 'health', 'queue'])
  t.same(planResume({ kind: 'frozen', ms: 8000 }), ['health', 'queue'], 'circuits live through a short one')
})

t.test('the service manager hears what is new, and of readiness once', async t => {
  const starting = planNotice(NOTHING_NOTICED, false, 'starting')
  t.equal(starting.text, 'STATUS=starting')
  t.equal(planNotice(starting.noticed, false, 'starting').text, undefined)
  const ready = planNotice(starting.noticed, true, 'ready')
  t.equal(ready.text, 'READY=1\nSTATUS=ready')
  const lost = planNotice(ready.noticed, false, 'degraded\nREADY=0')
  t.equal(lost.text, 'STATUS=degraded READY=0', 'a line break begins no assignment')
  t.equal(planNotice(lost.noticed, true, 'ready').text, 'STATUS=ready')
})
