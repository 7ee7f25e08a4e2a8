import type { JobReason } from '@cordon/shared/contracts'
import type { Discipline } from './choose-discipline.ts'

/** A good round and what it may do. */
export interface CorrectionFacts {
  /** Source minus local. */
  readonly offsetMs: number
  readonly boundMs: number
  readonly by: Discipline
  readonly reason: JobReason
  /** Whether a round was good since the start or the last wake-up. */
  readonly hasBeenRight: boolean
  readonly toleranceMs: number
  readonly allowBackward: boolean
}

/** What is done to the clock. */
export type Correction =
  | { readonly type: 'none' }
  | { readonly type: 'step' | 'slew' | 'hand-on' | 'report' }
  | { readonly type: 'refuse'; readonly why: 'backward' | 'panic' }

/** Below this a step would disturb more than it mends; a slew of 500 ppm takes half an hour for it. */
const STEP_ABOVE_MS = 1000

/**
 * Plan the correction of a good round.
 *
 * The first one after a start or a wake-up may step, and so may one that a person asked for; later ones slew, and an
 * offset beyond the tolerance is then not believed (the panic threshold of NTP). What runs backward by more than the
 * tolerance needs a person's word, whoever would do it.
 */
export function planCorrection(facts: CorrectionFacts): Correction {
  const { offsetMs, boundMs, by, reason, hasBeenRight, toleranceMs, allowBackward } = facts
  const size = Math.abs(offsetMs)
  if (by === 'report') return { type: size > boundMs ? 'report' : 'none' }
  const isFar = size > toleranceMs
  if (isFar && hasBeenRight && reason === 'schedule') return { type: 'refuse', why: 'panic' }
  if (isFar && offsetMs < 0 && !allowBackward) return { type: 'refuse', why: 'backward' }
  // A daemon weighs what it is told by itself, and wants to hear that all is well too.
  if (by === 'chrony' || by === 'sntp') return { type: 'hand-on' }
  if (size <= boundMs) return { type: 'none' }
  const mayStep = (!hasBeenRight || reason === 'request') && (offsetMs > 0 || allowBackward)
  return { type: mayStep && size > STEP_ABOVE_MS ? 'step' : 'slew' }
}
