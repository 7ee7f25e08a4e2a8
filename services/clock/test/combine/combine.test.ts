import { BUILD_MS, CEILING_MS } from '@cordon/shared/contracts'
import fc from 'fast-check'
import { test } from 'tap'
import { decideRound, type RoundDecision, type SourceOutcome } from '../../src/combine/decide-round.ts'
import { REFUSALS } from '../../src/combine/explain-refusal.ts'
import { judgeTime, type TimeLimits } from '../../src/combine/limits-of-time.ts'
import { judgeTrust, STALE_AFTER_MS } from '../../src/combine/trust.ts'
import { htpdateRule, sdwdateRule } from '../other-rules.ts'

const NOW = Date.UTC(2026, 10, 23, 3, 0, 0)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY
const POOLS = ['one', 'two', 'three'] as const
const RULES = { leastOperators: 5, failureRatio: 0.34 }

/** A consensus as the public network has it: an hour old, valid for two more. */
const LIMITS: TimeLimits = {
  window: { validAfterMs: NOW - HOUR, validUntilMs: NOW + 2 * HOUR },
  floorMs: undefined,
  buildMs: BUILD_MS,
  ceilingMs: CEILING_MS,
}

type Say = number | string

/** Three sources of three pools; a number is an offset in milliseconds, a word a failure. */
const outcomes = (says: Readonly<Record<(typeof POOLS)[number], readonly Say[]>>): SourceOutcome[] =>
  POOLS.flatMap(pool =>
    says[pool].map((say, at): SourceOutcome => {
      const source = { pool, operator: `${pool}-${at}`, url: '' }
      if (typeof say === 'string') return { source, result: { type: 'failed', why: say } }
      // No two are measured alike.
      const sample = { offsetMs: say + at * 7 - 7, boundMs: 150 + at * 20, delayMs: 300 }
      return { source, result: { type: 'sampled', sample } }
    }),
  )

const decide = (said: readonly SourceOutcome[], limits: Partial<TimeLimits> = {}, localMs = NOW): RoundDecision =>
  decideRound(said, localMs, { ...LIMITS, ...limits }, RULES)
const why = (decision: RoundDecision): string => (decision.type === 'refused' ? decision.why : decision.type)
const three = (say: Say): readonly Say[] => [say, say, say]
const all = (say: Say) => ({ one: three(say), two: three(say), three: three(say) })

test('CLK-01 three honest pools correct a clock that is off by a day to either side', async t => {
  for (const offset of [-DAY, -HOUR, -500, 0, 500, HOUR, DAY]) {
    const decision = decide(outcomes(all(offset)), {}, NOW - offset)
    t.equal(decision.type, 'agreed')
    if (decision.type !== 'agreed') continue
    t.ok(Math.abs(decision.offsetMs - offset) <= decision.boundMs)
    t.ok(decision.boundMs >= 150, 'never below half of the round trip')
    t.ok(decision.boundMs < 2000)
  }
})

test('CLK-02 one pool that lies by a year is outvoted, and named', async t => {
  for (const lie of [-YEAR, YEAR]) {
    const decision = decide(outcomes({ ...all(0), two: three(lie) }))
    t.equal(decision.type, 'agreed')
    t.same(decision.verdicts.slice(3, 6), ['falseticker', 'falseticker', 'falseticker'])
    t.same(decision.verdicts.slice(0, 3), ['truechimer', 'truechimer', 'truechimer'])
  }
  const single = decide(outcomes({ ...all(0), two: [0, YEAR, 0] }))
  t.equal(single.type, 'agreed', 'and so is one source')
  t.equal(single.verdicts[4], 'falseticker')
})

test('CLK-03 a majority outside of the consensus moves nothing', async t => {
  t.equal(why(decide(outcomes({ ...all(YEAR), one: three(0) }))), 'outside-consensus')
  t.equal(why(decide(outcomes(all(YEAR)))), 'outside-consensus')
  t.equal(why(decide(outcomes(all(4 * HOUR)))), 'outside-consensus')
  t.equal(why(decide(outcomes(all(0)), { window: undefined })), 'no-consensus', 'and without one nothing moves')
})

test('CLK-04 a pool that fails ends the round', async t => {
  t.equal(why(decide(outcomes({ ...all(0), one: [0, 0, 'VIA_REFUSED'] }))), 'agreed', 'one of three may fail')
  t.equal(why(decide(outcomes({ ...all(0), one: [0, 'VIA_REFUSED', 'cached'] }))), 'pool-failed')
  t.equal(why(decide(outcomes({ ...all(0), one: three('VIA_REFUSED') }))), 'pool-failed')
  t.equal(why(decide(outcomes({ ...all(0), one: [] }))), 'few-pools', 'an empty pool is none')
  t.equal(why(decide([])), 'few-pools')
})

test('two of three pools that collude by 50 minutes do not move the clock, and would move that of sdwdate', async t => {
  for (const lie of [-50 * MINUTE, 50 * MINUTE]) {
    const colluding = outcomes({ one: three(lie), two: three(lie), three: three(0) })
    t.equal(why(decide(colluding)), 'pools-split')
    const first = colluding.flatMap(({ source: { pool }, result }) => {
      if (result.type !== 'sampled') return []
      const { offsetMs, delayMs } = result.sample
      const dateMs = Math.floor((NOW + offsetMs) / 1000) * 1000
      return [{ pool, exchange: { askedAtMs: NOW - delayMs / 2, answeredAtMs: NOW + delayMs / 2, dateMs } }]
    })
    t.ok(Math.abs(sdwdateRule(first) - lie) < 2000, 'the median of pools follows them')
    t.ok(Math.abs(htpdateRule(first) - lie) < 2000)
  }
  // From within, two liars and an honest pool look like one liar and two honest pools: neither may move the clock.
  t.equal(why(decide(outcomes({ ...all(0), one: three(50 * MINUTE) }))), 'pools-split')
  const halves = outcomes({ ...all(0), one: [0, 50 * MINUTE, 50 * MINUTE] })
  t.equal(why(decide(halves)), 'pools-split', 'nor where most of a pool lies')
  const one = decide(outcomes({ ...all(0), one: [0, 0, 50 * MINUTE] }))
  t.equal(one.type, 'agreed', 'while a single liar of a pool is outvoted')
})

test('whatever fewer than two whole pools say, the clock moves within honest bounds or not at all', async t => {
  const lie = fc.integer({ min: -2 * HOUR, max: 3 * HOUR })
  const says = fc.array(lie, { minLength: 6, maxLength: 6 })
  const property = fc.property(says, lies => {
    const decision = decide(outcomes({ one: lies.slice(0, 3), two: lies.slice(3), three: three(0) }))
    return decision.type === 'refused' || Math.abs(decision.offsetMs) <= 1000
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }))
})

test('an operator has one vote, however often it is asked', async t => {
  const said = outcomes(all(0)).map(({ source, result }) => ({ source: { ...source, operator: source.pool }, result }))
  t.equal(why(decide(said)), 'few-operators')
  const scattered = outcomes({ one: [0, HOUR / 2, HOUR / 3], two: [-HOUR / 2, -HOUR / 3, 9 * MINUTE], three: three(0) })
  t.equal(why(decide(scattered)), 'no-majority')
})

test('CLK-07 a time below the floor or the build date, or above the ceiling, is refused', async t => {
  const wide = { validAfterMs: 0, validUntilMs: Number.MAX_SAFE_INTEGER }
  const at = (unixMs: number, more: Partial<TimeLimits> = {}): unknown =>
    why(decide(outcomes(all(unixMs - NOW)), { window: wide, ...more }))
  t.equal(at(NOW, { floorMs: NOW - HOUR }), 'agreed')
  t.equal(at(NOW, { floorMs: NOW + HOUR }), 'below-floor', 'a floor in the future too: nothing moves')
  t.equal(at(BUILD_MS - DAY), 'before-build')
  t.equal(at(0), 'before-build', 'epoch 0')
  t.equal(at(CEILING_MS + DAY), 'above-ceiling')
  t.equal(at(Date.UTC(2106, 1, 7)), 'above-ceiling', 'the year 2106')
  t.ok(BUILD_MS < Date.now(), 'this was built in the past')
  t.equal(judgeTime(NOW, LIMITS), undefined)
  for (const { why: text, next } of Object.values(REFUSALS)) t.ok(text.length > 20 && next.length > 10)
})

test('a clock is trusted while the last round, carried on, agrees with it', async t => {
  const facts = { ageMs: 1000, slept: false, offsetMs: 50, boundMs: 100, toleranceMs: 10_000 }
  t.equal(judgeTrust(facts), 'trusted')
  t.equal(judgeTrust({ ...facts, ageMs: undefined }), 'untrusted')
  t.equal(judgeTrust({ ...facts, offsetMs: -60_000 }), 'untrusted', 'somebody moved it')
  t.equal(judgeTrust({ ...facts, ageMs: STALE_AFTER_MS + 1 }), 'stale')
  t.equal(judgeTrust({ ...facts, slept: true }), 'stale')
})
