/**
 * Combine: from the samples of a round to one offset, or to a refusal with its reason.
 *
 * Belongs here: the votes of operators and pools, what can be the time at all, how far the result is trusted. Does not
 * belong here: asking, and correcting the clock.
 */
export type { RoundDecision, SourceOutcome, SourceVerdict } from './decide-round.ts'
export { decideRound } from './decide-round.ts'
export { REFUSALS } from './explain-refusal.ts'
export type { TimeLimits } from './limits-of-time.ts'
export { judgeTrust } from './trust.ts'
