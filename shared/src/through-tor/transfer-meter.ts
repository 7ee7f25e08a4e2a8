/** How much of an answer is taken, and for how long. */
export interface TransferLimits {
  /** From the first byte of the request to the last of the answer. */
  readonly deadlineMs: number
  /** Of the body. */
  readonly maxBytes: number
  /** The least that must come in each whole window; without it only the deadline counts. */
  readonly pace?: { readonly windowMs: number; readonly minBytes: number } | undefined
}

/** What a transfer may do next. */
export type TransferVerdict = 'on' | 'too-large' | 'too-late' | 'too-slow'

/**
 * Counts one transfer against its limits: endless data and slow retrieval (TUF section 1.5.2) end here.
 *
 * Time comes in as an argument: monotonic milliseconds from any origin.
 */
export class TransferMeter {
  readonly #limits: TransferLimits
  readonly #startedAtMs: number
  #bytes = 0
  #windowStartMs: number
  #windowBytes = 0

  constructor(limits: TransferLimits, nowMs: number) {
    this.#limits = limits
    this.#startedAtMs = nowMs
    this.#windowStartMs = nowMs
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Count bytes that came at `nowMs`. */
  take(bytes: number, nowMs: number): TransferVerdict {
    this.#bytes += bytes
    if (this.#bytes > this.#limits.maxBytes) return 'too-large'
    const verdict = this.look(nowMs)
    this.#windowBytes += bytes
    return verdict
  }

  /** Judge the time alone: for when nothing comes. */
  look(nowMs: number): TransferVerdict {
    const { deadlineMs, pace } = this.#limits
    if (nowMs - this.#startedAtMs >= deadlineMs) return 'too-late'
    if (pace === undefined || nowMs - this.#windowStartMs < pace.windowMs) return 'on'
    if (this.#windowBytes < pace.minBytes) return 'too-slow'
    this.#windowStartMs = nowMs
    this.#windowBytes = 0
    return 'on'
  }

  /** When to look again at the latest, if nothing comes. */
  get nextLookMs(): number {
    const { deadlineMs, pace } = this.#limits
    const end = this.#startedAtMs + deadlineMs
    return pace === undefined ? end : Math.min(end, this.#windowStartMs + pace.windowMs)
  }
}
