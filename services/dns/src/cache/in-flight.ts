/** Look-ups that are under way, so that equal questions of one app are one look-up. */
export class InFlight<T> {
  readonly #open = new Map<string, Promise<T>>()

  get size(): number {
    return this.#open.size
  }

  /** Join the look-up under `key`, or begin it with `begin`. */
  join(key: string, begin: () => Promise<T>): Promise<T> {
    const open = this.#open.get(key)
    if (open !== undefined) return open
    const begun = begin().finally(() => this.#open.delete(key))
    this.#open.set(key, begun)
    return begun
  }

  has(key: string): boolean {
    return this.#open.has(key)
  }
}
