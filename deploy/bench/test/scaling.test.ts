import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { COSTS } from '../scaling/costs.ts'
import { fillScaling } from '../scaling/document.ts'
import { BEHAVIOUR, computeExposure, computeMost, computeNeed } from '../scaling/scaling.ts'

t.test('the document has the tables that follow from what it assumes', async t => {
  const text = await readFile(fileURLToPath(new URL('../../SCALING.md', import.meta.url)), 'utf8')
  t.equal(fillScaling(text), text, 'else run npm run scaling')
  t.throws(() => fillScaling('no marks'), /no place for needs/)
})

t.test('twice the users need twice of everything', async t => {
  const users = fc.integer({ min: 1, max: 1_000_000 })
  const doubles = fc.property(users, count => {
    const [one, two] = [computeNeed(count, BEHAVIOUR, COSTS), computeNeed(count * 2, BEHAVIOUR, COSTS)]
    const needs = Object.keys(one) as (keyof typeof one)[]
    return needs.every(need => Math.abs(two[need] / one[need] - 2) < 1e-9)
  })
  t.doesNotThrow(() => fc.assert(doubles))
})

t.test(
  'so many users as are said to be most fill the fullest thread up to the share, and one more overfills it',
  async t => {
    const most = computeMost(BEHAVIOUR, COSTS, 0.6)
    const fullest = (users: number): number => {
      const { torThread, gatewayThread, pending } = computeNeed(users, BEHAVIOUR, COSTS)
      return Math.max(torThread, gatewayThread, pending)
    }
    t.ok(fullest(most) <= 0.6 && fullest(most + 1) > 0.6)
  },
)

t.test('the chance of a hostile guard grows with the gateways, and is what counting gives', async t => {
  t.equal(computeExposure(1, 0.5, 1), 0.5)
  t.equal(computeExposure(2, 0.5, 1), 0.75)
  t.equal(computeExposure(3, 0, 2), 0)
  t.ok(computeExposure(10, 0.01, 2) > computeExposure(9, 0.01, 2))
})
