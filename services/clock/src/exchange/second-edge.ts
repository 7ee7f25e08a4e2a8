/** One request and its answer. Times are of the local timeline, in milliseconds; the date is the source's. */
export interface DatedExchange {
  /** Right before the request was written. */
  readonly askedAtMs: number
  /** When the head of the answer had come. */
  readonly answeredAtMs: number
  /** The Date field: the source's time, rounded down to a whole second (RFC 9110 section 6.6.1). */
  readonly dateMs: number
}

/** Where an offset must lie. Offsets are source minus local; positive: the source is ahead. */
export interface OffsetInterval {
  readonly lowMs: number
  readonly highMs: number
}

const SECOND_MS = 1000

/**
 * Bound the offset by one exchange.
 *
 * The source read its clock at some moment between the two, and found at least the second that it wrote and less than
 * the next one. Nothing is assumed of how the delay is shared between the two ways.
 */
export const boundOffset = ({ askedAtMs, answeredAtMs, dateMs }: DatedExchange): OffsetInterval => ({
  lowMs: dateMs - answeredAtMs,
  highMs: dateMs + SECOND_MS - askedAtMs,
})

/** Intersect two intervals; undefined if nothing is in both. */
export function intersect(one: OffsetInterval, other: OffsetInterval): OffsetInterval | undefined {
  const lowMs = Math.max(one.lowMs, other.lowMs)
  const highMs = Math.min(one.highMs, other.highMs)
  return lowMs <= highMs ? { lowMs, highMs } : undefined
}

export const widthOf = ({ lowMs, highMs }: OffsetInterval): number => highMs - lowMs
export const midpointOf = ({ lowMs, highMs }: OffsetInterval): number => (lowMs + highMs) / 2

/** What the next request is planned from. */
export interface AskSituation {
  readonly interval: OffsetInterval
  /** The round trip to reckon with. */
  readonly delayMs: number
  readonly nowMs: number
}

/**
 * Plan the moment of the next request, on the local timeline and not before `nowMs`: the first at which it would reach
 * the source when its second turns, if the offset were the midpoint of the interval.
 *
 * Whatever second the answer then names, it cuts the interval in half, down to the round trip.
 */
export function planNextAsk({ interval, delayMs, nowMs }: AskSituation): number {
  const leadMs = midpointOf(interval) + delayMs / 2
  return Math.ceil((nowMs + leadMs) / SECOND_MS) * SECOND_MS - leadMs
}
