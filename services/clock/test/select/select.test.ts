import fc from 'fast-check'
import { test } from 'tap'
import { chooseSources } from '../../src/select/choose-sources.ts'
import { type Estimate, findAgreement } from '../../src/select/intersection.ts'
import { TIME_SOURCES } from '../../src/select/time-sources.ts'

const at = (offsetMs: number, boundMs: number): Estimate => ({ offsetMs, boundMs })

test('a majority agrees on what it has in common, and the others are falsetickers', async t => {
  t.same(findAgreement([at(0, 10), at(5, 10), at(8, 4)]), { lowMs: 4, highMs: 10, truechimers: [0, 1, 2] })
  t.same(findAgreement([at(0, 10), at(5, 10), at(500, 4)]), { lowMs: -5, highMs: 10, truechimers: [0, 1] })
  t.equal(findAgreement([at(0, 1), at(100, 1)]), undefined, 'two that differ are no majority')
  t.equal(findAgreement([at(0, 1), at(100, 1), at(200, 1)]), undefined)
  t.equal(findAgreement([]), undefined)
  const far = findAgreement([at(0, 10), at(5, 10), at(1e6, 400)])
  t.same(far?.truechimers, [0, 1], 'a lie is not in it, however wide its bound')
  t.same(findAgreement([at(3, 1)]), { lowMs: 2, highMs: 4, truechimers: [0] })
})

test('a majority of honest sources always agrees, and liars move that no farther than an honest bound', async t => {
  const honest = fc.array(fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: 1, max: 500 })), {
    minLength: 3,
    maxLength: 9,
  })
  const lies = fc.array(fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: 0, max: 500 })), {
    maxLength: 4,
  })
  const property = fc.property(honest, lies, fc.integer({ min: -1e9, max: 1e9 }), (good, bad, truth) => {
    fc.pre(good.length > bad.length)
    const estimates = [
      ...good.map(([share, bound]) => at(truth + share * bound, bound)),
      ...bad.map(([offset, bound]) => at(truth + offset, bound)),
    ]
    const agreement = findAgreement(estimates)
    const farthest = 2 * Math.max(...good.map(([, bound]) => bound)) + 1e-3
    return (
      agreement !== undefined &&
      2 * agreement.truechimers.length > estimates.length &&
      Math.abs(agreement.lowMs - truth) <= farthest &&
      Math.abs(agreement.highMs - truth) <= farthest
    )
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }))
})

test('of each pool so many operators are asked, each once, and every member is as likely', async t => {
  const seen = new Set<string>()
  let state = 1
  const random = (below: number): number => {
    state = (state * 48_271) % 0x7fffffff
    return state % below
  }
  for (let round = 0; round < 400; round++) {
    const chosen = chooseSources(TIME_SOURCES, 3, random)
    t.equal(chosen.length, 9)
    t.equal(new Set(chosen.map(({ operator }) => operator)).size, 9)
    for (const { url } of chosen) seen.add(url)
    if (t.counts.fail > 0) return
  }
  t.equal(seen.size, Object.values(TIME_SOURCES).flat().length, 'all members are asked at times')
  const twice = { a: [{ operator: 'x', url: '1' }], b: [{ operator: 'x', url: '2' }], c: [{ operator: 'y', url: '3' }] }
  t.equal(chooseSources(twice, 3, random).length, 2, 'an operator in two pools has one vote')
})

test('the default sources are onion services of enough operators, none in two pools', async t => {
  const poolsOf = new Map<string, Set<string>>()
  for (const [pool, sources] of Object.entries(TIME_SOURCES)) {
    for (const { operator, url } of sources) {
      t.match(url, /^https?:\/\/(www\.)?[a-z2-7]{56}\.onion\/$/)
      poolsOf.set(operator, (poolsOf.get(operator) ?? new Set()).add(pool))
    }
  }
  t.ok([...poolsOf.values()].every(({ size }) => size === 1))
  t.equal(Object.keys(TIME_SOURCES).length, 3)
})
