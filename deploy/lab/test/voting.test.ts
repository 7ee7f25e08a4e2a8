import t from 'tap'
import { planVoting } from '../src/voting.ts'

// 1,790,000,004 is a multiple of 6.
t.test('the first consensus is due after the head start and the four seconds of a vote', async t => {
  t.same(planVoting(1_790_000_004, 2), { startOffset: 0 })
  t.same(planVoting(1_790_000_004.1, 2), { startOffset: 1 })
  t.same(planVoting(1_790_000_005, 4), { startOffset: 3 })
})

t.test('the offset is one that tor takes, whenever the lab starts', async t => {
  for (let second = 0; second < 60; second++) {
    const { startOffset } = planVoting(1_790_000_000 + second, 25)
    t.ok(Number.isInteger(startOffset) && startOffset >= 0 && startOffset < 6)
  }
})
