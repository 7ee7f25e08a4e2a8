import t from 'tap'
import { formatVoting, planFirstVote, putOffVoting } from '../src/voting.ts'

// A multiple of 1800, and with it of 6 and 300.
const HALF_HOUR = 1_789_999_200
const nextAfter = (now: number, { interval, startOffset }: { interval: number; startOffset: number }) =>
  Math.floor((now - startOffset) / interval) * interval + interval + startOffset

t.test('the first vote is put off for two minutes or more, whenever the lab starts', async t => {
  for (let now = HALF_HOUR; now < HALF_HOUR + 600; now += 7.3) {
    const plan = putOffVoting(now)
    const wait = nextAfter(now, plan) - now
    t.ok(wait > 120 && wait <= 150 && plan.startOffset < 300, `${wait} s at ${now}`)
  }
})

t.test('a consensus follows within seconds, with the four that a vote takes before it', async t => {
  for (let now = HALF_HOUR; now < HALF_HOUR + 60; now += 0.7) {
    const wait = nextAfter(now + 4, planFirstVote(now)) - now
    t.ok(wait >= 5 && wait <= 6, `${wait} s at ${now}`)
  }
})

t.test('a plan is written in options that tor takes', async t => {
  t.same(formatVoting({ interval: 6, startOffset: 3 }), [
    ['TestingV3AuthInitialVotingInterval', '6'],
    ['TestingV3AuthInitialVoteDelay', '2'],
    ['TestingV3AuthInitialDistDelay', '2'],
    ['TestingV3AuthVotingStartOffset', '3'],
  ])
})
