import fc from 'fast-check'
import t from 'tap'
import {
  chooseDue,
  drawGap,
  drawQuiet,
  drawRetry,
  drawSeparation,
  nameAnswer,
  nameCheck,
  planDueIn,
  windowOf,
} from '../../src/schedule/index.ts'

const HOUR = 3_600_000

/** Random numbers that repeat with the seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

t.test('gaps have no beat: a wide spread around a day, within bounds, and no bound is hit', t => {
  const random = seeded(7)
  const gaps = Array.from({ length: 2000 }, () => drawGap(random))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  t.ok(gaps.every(gap => gap >= 2 * HOUR && gap <= 96 * HOUR))
  t.ok(mean > 18 * HOUR && mean < 26 * HOUR, `mean ${mean / HOUR} h`)
  t.ok(new Set(gaps).size > 1990, 'hardly two are equal')
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  t.ok(deviation > 0.5 * mean, `deviation ${deviation / HOUR} h: no fixed period with jitter`)
  t.end()
})

t.test('retries, quiet times and separations are random and bounded', t => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(30), (x, failures) => {
      const retry = drawRetry(failures, () => x)
      t.ok(retry >= HOUR / 2 && retry <= 48 * HOUR)
      t.ok(drawQuiet(() => x) >= 600_000, 'never right after a start')
      t.ok(drawSeparation(() => x) >= 600_000, 'never two together')
    }),
  )
  t.end()
})

t.test('over a simulated month no two of twelve products are asked within ten minutes, and none at the start', t => {
  const random = seeded(11)
  const start = 5000
  let quietUntilMs = start + drawQuiet(random)
  const due = new Map(Array.from({ length: 12 }, (_, n) => [`p${n}`, start + drawGap(random)]))
  const asked: { id: string; at: number }[] = []
  let nowMs = start
  while (nowMs < 30 * 24 * HOUR) {
    const products = [...due].map(([id, dueAtMs]) => ({ id, dueAtMs }))
    const next = chooseDue(products, { nowMs, quietUntilMs, random: random() })
    if (next.type === 'wait') nowMs = next.untilMs
    if (next.type !== 'check') continue
    asked.push({ id: next.id, at: nowMs })
    due.set(next.id, nowMs + drawGap(random))
    quietUntilMs = nowMs + drawSeparation(random)
  }
  t.ok(asked.length > 300, `${asked.length} checks`)
  t.equal(new Set(asked.map(({ id }) => id)).size, 12)
  for (const [at, { at: time }] of asked.entries()) {
    const before = asked[at - 1]?.at ?? start
    if (time - before < 600_000) t.fail(`${time - before} ms apart`)
  }
  t.same(chooseDue([], { nowMs: 0, quietUntilMs: 0, random: 0 }), { type: 'nothing' })
  t.end()
})

t.test('what was due while the machine was off is due now, and a clock set back makes nobody wait for ever', t => {
  t.equal(planDueIn({ sinceMs: 1000, gapMs: 500 }, 1200), 300)
  t.equal(planDueIn({ sinceMs: 1000, gapMs: 500 }, 99_000), 0)
  t.equal(planDueIn({ sinceMs: 99_000, gapMs: 500 }, 1000), 500)
  t.end()
})

t.test('the name of a check is the fleet’s alone, and another one each day', t => {
  const [ours, theirs] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const day = windowOf(Date.UTC(2026, 0, 2))
  const name = nameCheck(ours, 'debian', { window: day, tried: 0 })
  t.match(name, /^[0-9a-f]{32}$/)
  t.equal(nameCheck(ours, 'debian', { window: day, tried: 0 }), name)
  const others = [
    nameCheck(theirs, 'debian', { window: day, tried: 0 }),
    nameCheck(ours, 'tails', { window: day, tried: 0 }),
    nameCheck(ours, 'debian', { window: day + 1, tried: 0 }),
    nameCheck(ours, 'debian', { window: day, tried: 1 }),
    nameAnswer(ours, 'debian', day),
    nameAnswer(ours, 'debian', day + 1),
    nameAnswer(theirs, 'debian', day),
  ]
  t.equal(new Set([name, ...others]).size, 8)
  t.end()
})
