import type { Spread } from './statistics.ts'

/** What a row may be at most or at least: its ratio, or where there is no reference its value (DESIGN.md section 7). */
export type Budget = { readonly atMost: number } | { readonly atLeast: number }

/** One line of the report. */
export interface Row {
  readonly what: string
  readonly unit: string
  readonly ours: number
  /** What the reference did in the same run, and which it is. */
  readonly reference?: { readonly name: string; readonly value: number }
  /** Ours over the reference, round by round. */
  readonly ratio?: Spread
  readonly budget?: Budget
}

/** One measurement of the report. */
export interface Figure {
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
  /** What a reader must know to read the rows right: amounts, and where the two sides differ. */
  readonly notes: readonly string[]
}

/** What figures are told. */
export interface Effort {
  /** How often ours and the reference are measured against each other. */
  readonly rounds: number
  /** Say on the way what is being measured. */
  say(progress: string): void
}

/** Say whether a row keeps its budget; undefined when it has none. */
export function judge({ ours, ratio, budget }: Row): 'reached' | `missed by ${string}` | undefined {
  if (budget === undefined) return undefined
  const value = ratio?.median ?? ours
  if ('atMost' in budget ? value <= budget.atMost : value >= budget.atLeast) return 'reached'
  const limit = 'atMost' in budget ? budget.atMost : budget.atLeast
  if (limit === 0) return `missed by ${value}`
  // Not a number when nothing was measured: that has reached nothing either.
  const by = Math.abs(value / limit - 1) * 100
  return `missed by ${by.toFixed(by < 10 ? 1 : 0)} %`
}
