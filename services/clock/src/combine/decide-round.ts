import type { Sample } from '../exchange/index.ts'
import { type ChosenSource, findAgreement } from '../select/index.ts'
import { type Combined, combine } from './combine.ts'
import { type Implausible, isInWindow, judgeTime, type TimeLimits } from './limits-of-time.ts'

/** What came of asking one source. */
export interface SourceOutcome {
  readonly source: ChosenSource
  readonly result:
    | { readonly type: 'sampled'; readonly sample: Sample }
    /** A word, or the code of a fault. */
    | { readonly type: 'failed'; readonly why: string }
}

/** What the votes of a round make of each of its sources. */
export type SourceVerdict = 'truechimer' | 'falseticker' | 'failed'

/** Why a round moves nothing. */
export type RoundRefusal =
  | Implausible
  /** Fewer than three pools were asked. */
  | 'few-pools'
  /** More of a pool failed than may, or all of it (CLK-04). */
  | 'pool-failed'
  | 'few-operators'
  | 'no-majority'
  /** The operators of one pool do not agree with those of another. */
  | 'pools-split'

export type RoundDecision = { readonly verdicts: readonly SourceVerdict[] } & (
  | ({ readonly type: 'agreed' } & Combined)
  | { readonly type: 'refused'; readonly why: RoundRefusal }
)

export interface RoundRules {
  readonly leastOperators: number
  /** How much of a pool may fail, 0 to 1. */
  readonly failureRatio: number
}

/** What a server that is kept by NTP may be off by, added to each bound in the vote. Arbitrary, and generous. */
const SOURCE_ERROR_MS = 10

const LEAST_POOLS = 3

interface Vote {
  readonly at: number
  readonly pool: string
  readonly sample: Sample
  /** Whether tor's verified consensus speaks against it. */
  readonly refuted: boolean
}

/**
 * Decide a round, or refuse it. `localMs` is the local time to which the offsets are to be added.
 *
 * A majority of all operators that answered must agree, and a majority of every pool among them. Without the second rule
 * whoever controls two of three pools could move the clock within the consensus window; with it they can only stop it.
 * Only a pool that the consensus itself refutes has no say: it lies by more than the window is wide.
 */
export function decideRound(
  outcomes: readonly SourceOutcome[],
  localMs: number,
  limits: TimeLimits,
  rules: RoundRules,
): RoundDecision {
  const { window } = limits
  const votes = castVotes(outcomes, sample => {
    if (window === undefined) return false
    return !isInWindow(localMs + sample.offsetMs, window, sample.boundMs + SOURCE_ERROR_MS)
  })
  const inside = votes.filter(({ refuted }) => !refuted)
  const estimates = inside.map(({ sample }) => ({ ...sample, boundMs: sample.boundMs + SOURCE_ERROR_MS }))
  const agreement = findAgreement(estimates)
  const trueVotes = new Set(agreement?.truechimers.map(index => inside[index]?.at))
  const verdicts = outcomes.map(({ result }, at): SourceVerdict => {
    if (result.type === 'failed') return 'failed'
    return trueVotes.has(at) ? 'truechimer' : 'falseticker'
  })
  const refuse = (why: RoundRefusal): RoundDecision => ({ type: 'refused', why, verdicts })

  if (window === undefined) return refuse('no-consensus')
  const pools = Map.groupBy(outcomes, ({ source }) => source.pool)
  if (pools.size < LEAST_POOLS) return refuse('few-pools')
  if ([...pools.values()].some(pool => hasFailed(pool, rules.failureRatio))) return refuse('pool-failed')
  if (votes.length < rules.leastOperators) return refuse('few-operators')
  if (2 * inside.length <= votes.length) return refuse('outside-consensus')
  if (inside.length < rules.leastOperators) return refuse('few-operators')
  if (agreement === undefined || 2 * trueVotes.size <= votes.length) return refuse('no-majority')
  const isTrue = ({ at }: Vote): boolean => trueVotes.has(at)
  const byPool = [...Map.groupBy(votes, ({ pool }) => pool).values()]
  const heard = byPool.filter(pool => 2 * pool.filter(({ refuted }) => refuted).length <= pool.length)
  if (heard.length < LEAST_POOLS - 1) return refuse('outside-consensus')
  if (!heard.every(pool => 2 * pool.filter(isTrue).length > pool.length)) return refuse('pools-split')

  const combined = combine(
    inside.map(({ sample }) => sample),
    agreement,
  )
  const implausible = judgeTime(localMs + combined.offsetMs, limits)
  return implausible === undefined ? { type: 'agreed', verdicts, ...combined } : refuse(implausible)
}

/** One vote an operator, whatever it was asked: the first. */
function castVotes(outcomes: readonly SourceOutcome[], isRefuted: (sample: Sample) => boolean): readonly Vote[] {
  const voted = new Set<string>()
  return outcomes.flatMap(({ source: { pool, operator }, result }, at) => {
    if (result.type === 'failed' || voted.has(operator)) return []
    voted.add(operator)
    return [{ at, pool, sample: result.sample, refuted: isRefuted(result.sample) }]
  })
}

function hasFailed(pool: readonly SourceOutcome[], ratio: number): boolean {
  const failed = pool.filter(({ result }) => result.type === 'failed').length
  return failed === pool.length || failed / pool.length > ratio
}
