import { INITIAL_VOTE_TO_CONSENSUS_SECONDS, INITIAL_VOTING_SECONDS, type VotingPlan } from './torrc.ts'

/**
 * Choose when the authorities vote first: `headStartSeconds` after `nowSeconds`, rounded up to a second.
 *
 * The relays must have uploaded their descriptors by then. Without a plan the first vote falls anywhere within an
 * interval: either the relays miss it, or everybody waits.
 */
export function planVoting(nowSeconds: number, headStartSeconds: number): VotingPlan {
  const validAfter = Math.ceil(nowSeconds + headStartSeconds) + INITIAL_VOTE_TO_CONSENSUS_SECONDS
  return { startOffset: validAfter % INITIAL_VOTING_SECONDS }
}
