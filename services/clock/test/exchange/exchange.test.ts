import fc from 'fast-check'
import { test } from 'tap'
import { chooseVerificationTime } from '../../src/exchange/certificate-dates.ts'
import { parseDateField } from '../../src/exchange/date-field.ts'
import { judgeAnswer } from '../../src/exchange/judge-answer.ts'
import { intersect, planNextAsk } from '../../src/exchange/second-edge.ts'
import { searchSimulated } from '../simulated-source.ts'

const NOW = Date.UTC(2026, 10, 23, 3, 0, 0)

test('CLK-06 only the one form of a Date that servers may send is a time', async t => {
  t.equal(parseDateField('Sun, 06 Nov 1994 08:49:37 GMT'), 784_111_777_000, 'the example of RFC 9110 section 5.6.7')
  const broken = [
    '',
    'Sunday, 06-Nov-94 08:49:37 GMT', // RFC 850
    'Sun Nov  6 08:49:37 1994', // asctime
    'Sun, 06 Nov 1994 08:49:37 GM', // 28 characters
    `Sun, 06 Nov 1994 08:49:37 GMT${' '.repeat(72)}`, // 101
    'Sun, 06 Nov 1994 08:49:37 +0530',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Mon, 06 Nov 1994 08:49:37 GMT', // it was a Sunday
    'Sun, 06 Nov 1994 08:49:60 GMT', // a leap second that was none
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Wed, 31 Feb 2026 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Nov -994 08:49:37 GMT',
    '-784111777',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 GMT\u0000',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:38 GMT',
  ]
  for (const text of broken) t.equal(parseDateField(text), undefined, JSON.stringify(text))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_799 }), seconds => {
      return parseDateField(new Date(seconds * 1000).toUTCString()) === seconds * 1000
    }),
  )
  fc.assert(fc.property(fc.string({ maxLength: 120 }), text => parseDateField(text) === undefined))
})

test('an answer says nothing of the time when it has no Date, two, a broken one, or an age', async t => {
  const date = ['date', 'Sun, 06 Nov 1994 08:49:37 GMT'] as const
  const refused = (why: string): object => ({ type: 'refused', why })
  for (const status of [200, 301, 404, 503]) {
    t.match(judgeAnswer(status, [['server', 'x'], date]), { type: 'dated' }, `${status} is dated like any other`)
  }
  t.same(judgeAnswer(200, []), refused('date-missing'))
  t.same(judgeAnswer(200, [date, ['date', 'Sun, 06 Nov 1994 08:49:38 GMT']]), refused('date-twice'))
  t.same(judgeAnswer(200, [date, date]), refused('date-twice'), 'equal ones too')
  t.same(judgeAnswer(200, [['date', 'yesterday']]), refused('date-malformed'))
  t.same(judgeAnswer(200, [date, ['age', '0']]), refused('cached'))
  t.same(judgeAnswer(101, [date]), refused('status'))
  const finer = judgeAnswer(200, [date, ['x-time', '784111777.25']])
  t.same(finer, { type: 'dated', dateMs: 784_111_777_000 }, 'finer time of another field counts for nothing')
})

test('the second is halved until the round trip is all that is left', async t => {
  const delay = fc.integer({ min: 5, max: 2000 })
  const offset = fc.integer({ min: -86_400_000, max: 86_400_000 })
  const property = fc.property(offset, delay, delay, fc.integer({ min: 0, max: 999 }), (offsetMs, out, back, phase) => {
    const source = { clock: (local: number) => local + offsetMs, delays: () => ({ outMs: out, backMs: back }) }
    const { end, exchanges } = searchSimulated(source, NOW + phase)
    if (end.type !== 'sampled') return false
    const { sample } = end
    const isHonest = Math.abs(sample.offsetMs - offsetMs) <= sample.boundMs
    const isBounded = sample.boundMs >= (out + back) / 2 && sample.delayMs === out + back
    // 1000 ms halved by each request but the first, and never below the round trip.
    const isSharp = sample.boundMs <= (out + back) / 2 + 1000 / 2 ** (exchanges.length - 1)
    return isHonest && isBounded && isSharp && exchanges.length <= 8
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }))
})

test('a delay that is shared unevenly and varies stays within the bound', async t => {
  const ways = fc.array(fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 2000 })), {
    minLength: 8,
    maxLength: 8,
  })
  const property = fc.property(ways, fc.integer({ min: -5000, max: 5000 }), (delays, offsetMs) => {
    let at = 0
    const source = {
      clock: (local: number) => local + offsetMs,
      delays: () => {
        const [outMs, backMs] = delays[at++ % delays.length] ?? [1, 1]
        return { outMs, backMs }
      },
    }
    const { end } = searchSimulated(source, NOW)
    const least = Math.min(...delays.map(([out, back]) => out + back))
    return (
      end.type === 'sampled' &&
      Math.abs(end.sample.offsetMs - offsetMs) <= end.sample.boundMs &&
      end.sample.boundMs >= least / 2
    )
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }))
})

test('a source that is no clock gives no sample', async t => {
  const fast = { delays: () => ({ outMs: 20, backMs: 20 }) }
  const why = (clock: (local: number) => number): unknown => {
    const { end } = searchSimulated({ ...fast, clock }, NOW)
    return end.type === 'failed' ? end.why : end.type
  }
  t.equal(
    why(local => local),
    'sampled',
    'while one that is, does',
  )
  t.match(
    why(() => NOW),
    /frozen|disagrees/,
    'one that stands still',
  )
  let turn = 0
  t.equal(
    why(local => local + (turn++ % 2) * 5000),
    'date-disagrees',
    'one that is two',
  )
  t.equal(
    why(local => NOW - (local - NOW)),
    'date-disagrees',
    'one that runs backwards',
  )
  t.equal(
    why(local => NOW + (local - NOW) * 4),
    'date-disagrees',
    'one that runs wild',
  )
})

test('CLK-10 an answer that took too long is left out', async t => {
  const honest = { clock: (local: number) => local }
  const slow = searchSimulated({ ...honest, delays: () => ({ outMs: 100, backMs: 60_000 }) }, NOW)
  t.same(slow.end, { type: 'failed', why: 'delay' })
  let first = true
  const once = searchSimulated(
    {
      ...honest,
      delays: () => {
        const backMs = first ? 11_000 : 100
        first = false
        return { outMs: 100, backMs }
      },
    },
    NOW,
  )
  t.match(once.end, { type: 'sampled', sample: { delayMs: 200 } }, 'the others of the connection count')
})

test('the next request is never in the past and at most a second and its lead away', async t => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  const property = fc.property(number, number, fc.double({ min: 0, max: 1e4, noNaN: true }), (low, width, delayMs) => {
    const interval = { lowMs: low, highMs: low + Math.abs(width) }
    const atMs = planNextAsk({ interval, delayMs, nowMs: NOW })
    return atMs >= NOW - 1e-3 && atMs <= NOW + 1000 + 1e-3
  })
  fc.assert(property)
  t.equal(intersect({ lowMs: 0, highMs: 1 }, { lowMs: 2, highMs: 3 }), undefined)
  t.same(intersect({ lowMs: 0, highMs: 2 }, { lowMs: 2, highMs: 3 }), { lowMs: 2, highMs: 2 })
})

test('a chain is verified when all of it is valid, and not before what is known', async t => {
  const dates = (notBeforeMs: number, notAfterMs: number) => ({ notBeforeMs, notAfterMs })
  t.equal(chooseVerificationTime([dates(100, 200), dates(50, 300)], 10), 100, 'a NotBefore in the future is accepted')
  t.equal(chooseVerificationTime([dates(100, 200)], 150), 150)
  t.equal(chooseVerificationTime([dates(100, 200)], 201), undefined, 'a NotAfter in the past is not')
  t.equal(chooseVerificationTime([dates(100, 200), dates(300, 400)], 10), undefined, 'nor a chain that never was valid')
})
