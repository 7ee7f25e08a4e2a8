import {
  boundOffset,
  type DatedExchange,
  intersect,
  midpointOf,
  type OffsetInterval,
  planNextAsk,
  widthOf,
} from './second-edge.ts'

/** What one source said of the offset, source minus local. */
export interface Sample {
  readonly offsetMs: number
  /** How far the true offset may be from it, if the source does not lie. Never below half of the least round trip. */
  readonly boundMs: number
  /** The least round trip. */
  readonly delayMs: number
}

/** Why a connection gave no sample. */
export type SearchFailure =
  /** Two answers cannot both be of one clock: it jumped, runs wild, or is several. */
  | 'date-disagrees'
  /** Its second never turned while we asked. */
  | 'date-frozen'
  /** No answer came within the delay allowed. */
  | 'delay'

/** How far the search goes. */
export interface SearchLimits {
  /** Requests on the connection, at most. */
  readonly requests: number
  /** An exchange that took longer says too little, and is left out. */
  readonly maxDelayMs: number
  /** The end of the round on the local timeline. */
  readonly endMs: number
}

/** What to do next. */
export type SearchStep =
  | { readonly type: 'ask'; readonly atMs: number }
  | { readonly type: 'sampled'; readonly sample: Sample }
  | { readonly type: 'failed'; readonly why: SearchFailure }

/** The interval is as sharp as the delay lets it be; the rest of the requests would tell nothing. */
const SHARP_ENOUGH = 1.05

/** The search for the edge of a source's second, over the exchanges of one connection so far. */
export class EdgeSearch {
  readonly #limits: SearchLimits
  #interval: OffsetInterval | undefined
  #firstDateMs: number | undefined
  #hasTurned = false
  #disagrees = false
  #asked = 0
  #leastDelayMs = Number.POSITIVE_INFINITY
  #delays: number[] = []

  constructor(limits: SearchLimits) {
    this.#limits = limits
  }

  /** Take in one exchange. */
  take(exchange: DatedExchange): void {
    this.#asked += 1
    const delayMs = exchange.answeredAtMs - exchange.askedAtMs
    this.#delays.push(delayMs)
    this.#firstDateMs ??= exchange.dateMs
    if (exchange.dateMs !== this.#firstDateMs) this.#hasTurned = true
    if (delayMs > this.#limits.maxDelayMs) return
    this.#leastDelayMs = Math.min(this.#leastDelayMs, delayMs)
    const bounds = boundOffset(exchange)
    const interval = this.#interval === undefined ? bounds : intersect(this.#interval, bounds)
    if (interval === undefined) this.#disagrees = true
    else this.#interval = interval
  }

  /** Tell what to do at `nowMs`. */
  next(nowMs: number): SearchStep {
    if (this.#disagrees) return { type: 'failed', why: 'date-disagrees' }
    const { requests, endMs } = this.#limits
    if (this.#asked === 0) return { type: 'ask', atMs: nowMs }
    const delayMs = median(this.#delays)
    const interval = this.#interval
    const atMs = interval === undefined ? nowMs : planNextAsk({ interval, delayMs, nowMs })
    const mayAsk = this.#asked < requests && atMs + delayMs < endMs
    const isSharp = interval !== undefined && widthOf(interval) <= this.#leastDelayMs * SHARP_ENOUGH && this.#hasTurned
    if (mayAsk && !isSharp) return { type: 'ask', atMs }
    if (interval === undefined) return { type: 'failed', why: 'delay' }
    // Half a second of doubt is no sample, and a clock that stands still is none.
    if (!this.#hasTurned) return { type: 'failed', why: 'date-frozen' }
    const boundMs = Math.max(widthOf(interval), this.#leastDelayMs) / 2
    return { type: 'sampled', sample: { offsetMs: midpointOf(interval), boundMs, delayMs: this.#leastDelayMs } }
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
