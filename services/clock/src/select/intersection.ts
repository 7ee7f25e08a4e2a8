/** An offset, source minus local, that may be off by the bound to either side. */
export interface Estimate {
  readonly offsetMs: number
  readonly boundMs: number
}

/** What a majority agrees on. */
export interface Agreement {
  readonly lowMs: number
  readonly highMs: number
  /** Which of the estimates touch it, by index. The others are falsetickers. */
  readonly truechimers: readonly number[]
}

/**
 * Find the smallest interval that touches a majority, after Marzullo and RFC 5905 section 11.2.1; undefined if none does.
 *
 * Starting from no falsetickers, one more is allowed at a time as long as they stay below half. Whatever fewer than half
 * of them say, the interval touches that of an honest one: a lie that stays within honest bounds can shift it by them.
 */
export function findAgreement(estimates: readonly Estimate[]): Agreement | undefined {
  const lows = estimates.map(({ offsetMs, boundMs }) => offsetMs - boundMs)
  const highs = estimates.map(({ offsetMs, boundMs }) => offsetMs + boundMs)
  const n = estimates.length
  for (let falsetickers = 0; 2 * falsetickers < n; falsetickers++) {
    const needed = n - falsetickers
    const covering = (point: number): number[] =>
      estimates.flatMap((_, at) => ((lows[at] ?? 0) <= point && point <= (highs[at] ?? 0) ? [at] : []))
    // The depth changes at endpoints alone: the first low and the last high that are deep enough bound the interval.
    const deepLows = lows.filter(point => covering(point).length >= needed)
    const deepHighs = highs.filter(point => covering(point).length >= needed)
    if (deepLows.length === 0) continue
    const lowMs = Math.min(...deepLows)
    const highMs = Math.max(...deepHighs)
    const truechimers = estimates.flatMap((_, at) =>
      (lows[at] ?? 0) <= highMs && (highs[at] ?? 0) >= lowMs ? [at] : [],
    )
    return { lowMs, highMs, truechimers }
  }
  return undefined
}
