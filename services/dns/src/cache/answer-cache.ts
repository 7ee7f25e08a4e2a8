import type { AnswerBody, Rcode } from '../wire/index.ts'

/** One answer as it is kept. */
export interface KeptAnswer {
  readonly rcode: Rcode
  readonly body: AnswerBody
  /** Monotonic milliseconds. */
  readonly since: number
  readonly until: number
}

/** How much may be kept. */
export interface CacheBounds {
  readonly entries: number
  readonly bytes: number
}

/** What an entry costs besides its bytes: the map, the objects, the text of the key. Measured on Node 24. */
const ENTRY_BYTES = 400

/**
 * The answers of one app in one nym epoch. A new epoch gets a new cache: nothing of an old one can be given.
 *
 * Nothing is fetched ahead: what is asked on an app's circuits, the app has asked for.
 */
export class AnswerCache {
  readonly #bounds: CacheBounds
  /** In the order of use, oldest first. */
  readonly #answers = new Map<string, KeptAnswer>()
  #bytes = 0

  constructor(bounds: CacheBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#answers.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The keys of what is kept, oldest first. They hold names. */
  keys(): IterableIterator<string> {
    return this.#answers.keys()
  }

  /** Find what was kept under `key` and has not run out at `now`. */
  find(key: string, now: number): KeptAnswer | undefined {
    const kept = this.#answers.get(key)
    if (kept === undefined) return undefined
    if (now >= kept.until) {
      this.#drop(key, kept)
      return undefined
    }
    this.#answers.delete(key)
    this.#answers.set(key, kept)
    return kept
  }

  /** Keep an answer for `ttl` seconds from `now`. Nothing is kept for no time, or if it alone is over the bounds. */
  keep(key: string, answer: Pick<KeptAnswer, 'rcode' | 'body'>, ttl: number, now: number): void {
    const known = this.#answers.get(key)
    if (known !== undefined) this.#drop(key, known)
    if (ttl <= 0 || costOf(key, answer.body) > this.#bounds.bytes) return
    this.#answers.set(key, { ...answer, since: now, until: now + ttl * 1000 })
    this.#bytes += costOf(key, answer.body)
    for (const [oldest, kept] of this.#answers) {
      if (this.#answers.size <= this.#bounds.entries && this.#bytes <= this.#bounds.bytes) break
      this.#drop(oldest, kept)
    }
  }

  #drop(key: string, { body }: KeptAnswer): void {
    this.#answers.delete(key)
    this.#bytes -= costOf(key, body)
  }
}

const costOf = (key: string, body: AnswerBody): number => ENTRY_BYTES + key.length + body.bytes.length
