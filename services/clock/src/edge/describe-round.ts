import type { ClockDecision, ClockSource } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { REFUSALS, type SourceVerdict } from '../combine/index.ts'
import type { ChosenSource } from '../select/index.ts'
import type { AskedSource } from './ask-source.ts'

/** Say what one source of a round has answered so far, and what came of it. */
export function describeSource(
  asked: AskedSource | { readonly source: ChosenSource },
  verdict: SourceVerdict | undefined,
): ClockSource {
  const { pool, operator } = asked.source
  if (!('result' in asked)) {
    return { pool, operator, offsetMs: null, boundMs: null, verdict: 'asking', reason: null, requests: 0 }
  }
  const { result, requests } = asked
  if (result.type === 'failed') {
    return { pool, operator, offsetMs: null, boundMs: null, verdict: 'failed', reason: result.why, requests }
  }
  const { offsetMs, boundMs } = result.sample
  return { pool, operator, offsetMs, boundMs, verdict: verdict ?? 'asking', reason: null, requests }
}

/** Say why a round decided nothing. */
export function describeRefusal(why: keyof typeof REFUSALS | 'slept'): ClockDecision {
  if (why !== 'slept') return { verdict: 'refused', reason: why, ...REFUSALS[why] }
  return { verdict: 'refused', reason: why, why: 'the machine slept while it was measured', next: null }
}

/** Say that there is no floor to hold a round against. */
export const describeLostFloor = (paths: readonly string[]): ClockDecision => ({
  verdict: 'refused',
  reason: 'floor-lost',
  why: 'the files that remember the latest time established here are damaged, all of them',
  next: `Look whether somebody damaged them; then remove ${paths.join(' and ')} to begin anew.`,
})

/** Say what ended a round before it was one. */
export const describeFailure = (cause: unknown): ClockDecision => ({
  verdict: 'failed',
  reason: cause instanceof Fault ? cause.code : 'failed',
  why: cause instanceof Fault ? cause.message : 'the round ended with an error of ours',
  next: cause instanceof Fault ? (cause.next ?? null) : 'See `cordon logs`.',
})
