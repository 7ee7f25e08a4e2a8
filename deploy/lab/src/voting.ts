/** When authorities without a consensus vote: the options that tor calls initial, and the offset of all votes. */
export interface VotingPlan {
  /** Seconds between attempts. At least 5 and a divisor of 1800 (tor's own limits). */
  readonly interval: number
  /** Seconds after a multiple of `interval` at which a consensus becomes valid. At most {@link VOTING_SECONDS}. */
  readonly startOffset: number
}

/** Seconds between consensuses once there is one: tor's least for a network with these delays. */
export const VOTING_SECONDS = 300

/** Seconds to vote, and as many to sign: tor's least. */
const DELAY_SECONDS = 2

/** Seconds between attempts while the first consensus fails. Arbitrary, small. */
const FIRST_INTERVAL_SECONDS = 6

/**
 * Put the first vote off, for more than two minutes.
 *
 * A vote before the relays have uploaded their descriptors gives a consensus without them, which stands for minutes.
 */
export const putOffVoting = (nowSeconds: number): VotingPlan => ({
  interval: VOTING_SECONDS,
  startOffset: Math.floor(nowSeconds + VOTING_SECONDS / 2) % VOTING_SECONDS,
})

/** Let the first vote begin within the next second or two, and the consensus follow as soon as tor can. */
export function planFirstVote(nowSeconds: number): VotingPlan {
  const validAfter = Math.ceil(nowSeconds) + 1 + 2 * DELAY_SECONDS
  return { interval: FIRST_INTERVAL_SECONDS, startOffset: validAfter % FIRST_INTERVAL_SECONDS }
}

/** Write a plan as tor's options, for a torrc or SETCONF. Changing them moves a vote that has not begun. */
export const formatVoting = ({ interval, startOffset }: VotingPlan): readonly (readonly [string, string])[] => [
  ['TestingV3AuthInitialVotingInterval', `${interval}`],
  ['TestingV3AuthInitialVoteDelay', `${DELAY_SECONDS}`],
  ['TestingV3AuthInitialDistDelay', `${DELAY_SECONDS}`],
  ['TestingV3AuthVotingStartOffset', `${startOffset}`],
]
