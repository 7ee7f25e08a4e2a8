import type { DatedExchange } from '../src/exchange/second-edge.ts'

/** The first exchange with one source, and its pool: all that the plain rules look at. */
export interface FirstExchange {
  readonly pool: string
  readonly exchange: DatedExchange
}

/**
 * The rule of sdwdate as far as it moves the clock: one member of each pool, the raw difference of its Date to the local
 * time of the answer, the median of the pools. Nobody's delay is taken into account.
 */
export const sdwdateRule = (first: readonly FirstExchange[]): number =>
  medianOverPools(first, ({ dateMs, answeredAtMs }) => dateMs - answeredAtMs)

/** The rule of htpdate: the same, against the middle of the exchange. The second's fraction is lost in both. */
export const htpdateRule = (first: readonly FirstExchange[]): number =>
  medianOverPools(first, ({ dateMs, askedAtMs, answeredAtMs }) => dateMs - (askedAtMs + answeredAtMs) / 2)

function medianOverPools(first: readonly FirstExchange[], offsetOf: (exchange: DatedExchange) => number): number {
  const byPool = Map.groupBy(first, ({ pool }) => pool)
  const offsets = [...byPool.values()].flatMap(([member]) => (member === undefined ? [] : [offsetOf(member.exchange)]))
  return offsets.toSorted((a, b) => a - b)[offsets.length >> 1] ?? 0
}
