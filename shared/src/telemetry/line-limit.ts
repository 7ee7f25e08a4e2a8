/** How many lines of one kind are written in one window, and how long a window is. Arbitrary, and few. */
const LINES_PER_WINDOW = 10
const WINDOW_MS = 60_000
/** Kinds that are followed at once. An app is part of the kind, so this is above what a gateway has. Arbitrary. */
const KINDS_MAX = 4096
/** All lines of a part together: this many bytes at once, and this many more each second (7.4 MB an hour). */
const BURST_BYTES = 262_144
const BYTES_PER_SECOND = 2048

/** Lines of one kind that were held back. */
export interface HeldBack<K> {
  readonly kind: K
  readonly more: number
}

interface Window {
  readonly since: number
  written: number
  heldBack: number
}

/**
 * Bounds what one kind of line, and all lines together, can write: an app that causes an error at every connection
 * fills no disk and hides nothing else.
 *
 * Time comes in as monotonic milliseconds.
 */
export class LineLimit<K extends string> {
  readonly #windows = new Map<K, Window>()
  #budget = BURST_BYTES
  #filledAt = 0

  /** Report whether a line of `kind` may be written now. */
  admit(kind: K, now: number): boolean {
    const window = this.#windowOf(kind, now)
    if (window === undefined) return false
    if (window.written < LINES_PER_WINDOW && this.#refill(now) > 0) {
      window.written++
      return true
    }
    window.heldBack++
    return false
  }

  /** Count what was written: every sink holds the same line. */
  spend(bytes: number): void {
    this.#budget -= bytes
  }

  /** Close the windows that are over (all of them at `Infinity`), and list what was held back in them. */
  sweep(now: number): readonly HeldBack<K>[] {
    if (this.#refill(now) <= 0) return []
    const over = [...this.#windows].filter(([, { since }]) => now - since >= WINDOW_MS)
    for (const [kind] of over) this.#windows.delete(kind)
    return over.flatMap(([kind, { heldBack }]) => (heldBack > 0 ? [{ kind, more: heldBack }] : []))
  }

  /** How long until something that was held back can be said, in milliseconds; undefined when there is nothing. */
  untilSweep(now: number): number | undefined {
    const waiting = [...this.#windows.values()].filter(({ heldBack }) => heldBack > 0)
    if (waiting.length === 0) return undefined
    return Math.max(0, Math.min(...waiting.map(({ since }) => since)) + WINDOW_MS - now)
  }

  #windowOf(kind: K, now: number): Window | undefined {
    const open = this.#windows.get(kind)
    if (open !== undefined && (open.heldBack > 0 || now - open.since < WINDOW_MS)) return open
    this.#windows.delete(kind)
    if (this.#windows.size >= KINDS_MAX) this.#forgetQuiet(now)
    if (this.#windows.size >= KINDS_MAX) return undefined
    const window: Window = { since: now, written: 0, heldBack: 0 }
    this.#windows.set(kind, window)
    return window
  }

  #forgetQuiet(now: number): void {
    for (const [kind, { since, heldBack }] of this.#windows) {
      if (heldBack === 0 && now - since >= WINDOW_MS) this.#windows.delete(kind)
    }
  }

  #refill(now: number): number {
    const earned = ((now - this.#filledAt) / 1000) * BYTES_PER_SECOND
    this.#budget = Math.min(BURST_BYTES, this.#budget + earned)
    this.#filledAt = now
    return this.#budget
  }
}
