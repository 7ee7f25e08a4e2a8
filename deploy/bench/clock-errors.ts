import { BUILD_MS, CEILING_MS, completeClockSettings } from '@cordon/shared/contracts'
import { decideRound, type SourceOutcome } from '../../services/clock/src/combine/index.ts'
import { type FirstExchange, htpdateRule, sdwdateRule } from '../../services/clock/test/other-rules.ts'
import type { Row } from './figure.ts'
import { quantile } from './statistics.ts'

/** What the sources of one round said, where the true offset is known. */
export interface KnownRound {
  readonly outcomes: readonly SourceOutcome[]
  readonly first: readonly FirstExchange[]
  /** Source minus local, in milliseconds. */
  readonly trueOffsetMs: number
  /** The local time to which offsets are added. */
  readonly localMs: number
  readonly seconds: number
  readonly requests: number
}

const HOUR = 3_600_000
const { leastOperators, failureRatio } = completeClockSettings(undefined)

const RULES = ['ours', 'sdwdate', 'htpdate'] as const

/** How far each rule is off after one round, in milliseconds. A round that we refuse tells nothing: not a number. */
function errorsOf({
  outcomes,
  first,
  trueOffsetMs,
  localMs,
}: KnownRound): Readonly<Record<(typeof RULES)[number], number>> {
  const trueMs = localMs + trueOffsetMs
  const window = { validAfterMs: trueMs - HOUR, validUntilMs: trueMs + 2 * HOUR }
  const limits = { window, floorMs: undefined, buildMs: BUILD_MS, ceilingMs: CEILING_MS }
  const decision = decideRound(outcomes, localMs, limits, { leastOperators, failureRatio })
  const off = (offsetMs: number): number => Math.abs(offsetMs - trueOffsetMs)
  return {
    ours: decision.type === 'agreed' ? off(decision.offsetMs) : Number.NaN,
    sdwdate: off(sdwdateRule(first)),
    htpdate: off(htpdateRule(first)),
  }
}

/** Compare the rules over rounds of one kind; `goalMs` is for our error at p95. */
export function compareErrors(what: string, rounds: readonly KnownRound[], goalMs?: number): readonly Row[] {
  const errors = rounds.map(errorsOf)
  const agreed = errors.filter(({ ours }) => !Number.isNaN(ours))
  const at = (rule: (typeof RULES)[number], q: number): number =>
    quantile(
      agreed.map(error => error[rule]),
      q,
    )
  const budget = goalMs === undefined ? {} : { budget: { atMost: goalMs } }
  const shares = [
    ['p50', 0.5],
    ['p95', 0.95],
  ] as const
  const rows = shares.flatMap(([name, q]) =>
    (['sdwdate', 'htpdate'] as const).map(rule => ({
      what: `${what}, error at ${name}`,
      unit: 'ms',
      ours: at('ours', q),
      reference: { name: rule, value: at(rule, q) },
      ...(name === 'p95' && rule === 'sdwdate' ? budget : {}),
    })),
  )
  const refused = ((errors.length - agreed.length) / errors.length) * 100
  return refused === 0 ? rows : [...rows, { what: `${what}, rounds refused`, unit: '%', ours: refused }]
}
