import type { ClockStatus } from '@cordon/shared/contracts'
import { test } from 'tap'
import { formatPlot } from '../../src/cli/clock-plot.ts'
import { parseClockTime } from '../../src/cli/clock-time.ts'
import {
  exitStatusOfSync,
  formatClock,
  formatClockSummary,
  formatDuration,
  formatOffset,
  formatRoundProgress,
} from '../../src/cli/clock-view.ts'
import type { Palette } from '../../src/cli/palette.ts'

const plain: Palette = (_, text) => text

const STATUS: ClockStatus = {
  state: 'trusted',
  offsetMs: -1234.4,
  boundMs: 80,
  at: '2026-11-23T03:00:00.000Z',
  ageSeconds: 125,
  sources: [
    {
      pool: 'press',
      operator: 'b',
      offsetMs: null,
      boundMs: null,
      verdict: 'failed',
      reason: 'date-missing',
      requests: 1,
    },
    { pool: 'press', operator: 'a', offsetMs: -1234, boundMs: 90, verdict: 'truechimer', reason: null, requests: 8 },
  ],
  decision: { verdict: 'slewed', reason: null, why: 'the clock runs a little slower', next: null },
  discipline: { by: 'direct', why: 'Cordon sets the clock itself', rivals: [] },
  measuring: false,
  nextSeconds: 7260,
  floor: '2026-11-23T02:58:20.000Z',
}

test('the clock is shown with its sources, the decision and why', async t => {
  t.equal(
    formatClock(STATUS, [], plain),
    `● the clock is trusted: was off by -1.234 s ± 0.080 s, 2 min ago
  last round  the clock runs a little slower
  corrected   direct: Cordon sets the clock itself
  next round  in 2 h 1 min
  floor       2026-11-23T02:58:20Z: what lies before is not believed

pool   operator    offset    bound  requests  verdict
press  a         -1.234 s  0.090 s         8  truechimer
press  b                                   1  failed      date-missing
`,
  )
  const unmeasured = formatClock(
    { ...STATUS, state: 'untrusted', offsetMs: null, sources: [], nextSeconds: null },
    [],
    plain,
  )
  t.match(unmeasured, /untrusted: nothing was measured yet/)
  t.match(unmeasured, /tor has no circuit yet/)
  t.match(formatClock({ ...STATUS, measuring: true }, [], plain), /a round is running/)
  t.equal(formatClockSummary(STATUS, plain), 'clock trusted, was off by -1.234 s ± 0.080 s')
  t.equal(formatOffset(5), '+0.005 s')
  t.same([5, 90, 7260].map(formatDuration), ['5 s', '2 min', '2 h 1 min'])
})

test('a round shows how far it is, and ends with a status that scripts can tell apart', async t => {
  const [failed, measured] = STATUS.sources
  const asking = { ...measured, verdict: 'asking', offsetMs: null } as ClockStatus['sources'][number]
  if (failed === undefined) throw new Error('there is a source')
  t.equal(
    formatRoundProgress({ ...STATUS, measuring: true, sources: [failed, asking] }),
    '1 of 2 sources have been measured',
  )
  t.equal(formatRoundProgress({ ...STATUS, measuring: true, sources: [] }), 'the round begins')
  const exit = (verdict: ClockStatus['decision']['verdict']): number =>
    exitStatusOfSync({ ...STATUS, decision: { ...STATUS.decision, verdict } })
  t.same(
    ['stepped', 'right', 'reported', 'refused', 'failed'].map(one => exit(one as never)),
    [0, 0, 0, 4, 1],
  )
})

test('a day is a small plot: now on the right, zero in the middle', async t => {
  const points = [
    { agoSeconds: 86_000, offsetMs: 1000, boundMs: 0 },
    { agoSeconds: 40_000, offsetMs: -500, boundMs: 400 },
    { agoSeconds: 0, offsetMs: 0, boundMs: 100 },
  ]
  t.equal(
    formatPlot(points),
    `+1.000 s ┤•
         ┤
         ┤
       0 ┤─────────────────────────│─────────────────────•
         ┤                         │
         ┤                         •
-1.000 s ┤                         │
         └24 h ago                                     now`,
  )
})

test('a time to set has its zone, and is one that can be now', async t => {
  t.equal(parseClockTime('2026-11-23T14:05:00+01:00'), Date.UTC(2026, 10, 23, 13, 5))
  t.equal(parseClockTime('2026-11-23 14:05Z'), Date.UTC(2026, 10, 23, 14, 5))
  const refused = (text: string, message: RegExp) =>
    t.throws(() => parseClockTime(text), { code: 'CLK_TIME_INVALID', message })
  refused('2026-11-23T14:05:00', /no time zone/)
  refused('2026-11-23 14:05', /no time zone/)
  refused('14:05', /no time/)
  refused('2026-13-23T14:05:00Z', /no time/)
  refused('tomorrow', /no time/)
  refused('1970-01-01T00:00:00Z', /cannot be that time/)
  refused('2106-02-07T06:28:16Z', /cannot be that time/)
})
