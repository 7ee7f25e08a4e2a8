/** What a {@link Ring} holds at most. */
export interface RingLimits {
  readonly items: number
  readonly bytes: number
}

/** The newest items, bounded by count and by bytes: what is older falls out. */
export class Ring<T> {
  readonly #limits: RingLimits
  readonly #sizes: number[] = []
  #items: T[] = []
  #first = 0
  #bytes = 0

  constructor(limits: RingLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Add an item of `bytes` bytes; return how many old ones fell out. One larger than the ring is not kept itself. */
  push(item: T, bytes: number): number {
    if (bytes > this.#limits.bytes) return 1
    this.#items.push(item)
    this.#sizes.push(bytes)
    this.#bytes += bytes
    const before = this.#first
    while (this.#items.length - this.#first > this.#limits.items || this.#bytes > this.#limits.bytes) {
      this.#bytes -= this.#sizes[this.#first] ?? 0
      this.#first++
    }
    const fallen = this.#first - before
    // Moving what is left once per ring's length, and not at each item, keeps a push at constant cost.
    if (this.#first > this.#limits.items) {
      this.#items = this.#items.slice(this.#first)
      this.#sizes.splice(0, this.#first)
      this.#first = 0
    }
    return fallen
  }

  /** List the items, oldest first. */
  list(): readonly T[] {
    return this.#items.slice(this.#first)
  }
}
