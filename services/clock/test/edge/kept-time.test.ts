import { readClocksAtOnce, readSystemClock, readTimeAsleep } from '@cordon/shared/runtime/edge'
import { test } from 'tap'
import { KeptTime } from '../../src/edge/kept-time.ts'

/** What a round gives that finds this machine's clock right. */
const anchorNow = () =>
  readClocksAtOnce(() => ({
    rawMs: readSystemClock('raw'),
    asleepMs: readTimeAsleep(),
    unixMs: Date.now(),
    boundMs: 10,
    delayMs: 10,
  }))

/** Hold this process up, as a busy machine does between any two lines. */
function holdUp(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('a clock that is right is not taken for wrong because we were held up while it was read', async t => {
  let reads = 0
  const time = new KeptTime({
    readWall: () => {
      reads += 1
      const now = Date.now()
      if (reads === 1) holdUp(1500)
      return now
    },
  })
  time.keep(anchorNow())
  t.equal(time.judge(1000), 'trusted')
  t.ok(reads > 1, 'it was read again')
})

test('what a round found is believed no longer when the machine has slept since', async t => {
  let asleepMs = 0
  const time = new KeptTime({ readAsleep: () => asleepMs })
  t.equal(time.believe(), undefined, 'nothing before the first round')
  time.keep({ ...anchorNow(), asleepMs })
  t.ok(time.believe() !== undefined)
  asleepMs = 60_000
  t.equal(time.believe(), undefined)
  t.equal(time.judge(1000), 'stale')
})
