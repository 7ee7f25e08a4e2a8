import { EdgeSearch, type SearchLimits, type SearchStep } from '../src/exchange/edge-search.ts'
import type { DatedExchange } from '../src/exchange/second-edge.ts'

/** A source in memory: what its clock shows, and how long the ways take. All in milliseconds. */
export interface SimulatedSource {
  /** Its time when the local timeline shows `localMs`. */
  clock(localMs: number): number
  /** How long the next request and its answer travel. */
  delays(): { readonly outMs: number; readonly backMs: number }
}

/** Run a whole search against a source in memory, and return its end and every exchange. */
export function searchSimulated(
  source: SimulatedSource,
  startMs: number,
  limits: Partial<SearchLimits> = {},
): { readonly end: Exclude<SearchStep, { type: 'ask' }>; readonly exchanges: readonly DatedExchange[] } {
  const search = new EdgeSearch({ requests: 8, maxDelayMs: 10_000, endMs: startMs + 25_000, ...limits })
  const exchanges: DatedExchange[] = []
  let nowMs = startMs
  for (;;) {
    const step = search.next(nowMs)
    if (step.type !== 'ask') return { end: step, exchanges }
    const askedAtMs = Math.max(nowMs, step.atMs)
    const { outMs, backMs } = source.delays()
    const dateMs = Math.floor(source.clock(askedAtMs + outMs) / 1000) * 1000
    nowMs = askedAtMs + outMs + backMs
    const exchange = { askedAtMs, answeredAtMs: nowMs, dateMs }
    exchanges.push(exchange)
    search.take(exchange)
  }
}
