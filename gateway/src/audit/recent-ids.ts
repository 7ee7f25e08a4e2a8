/** Far more circuits than end in the moment that tor takes to tell of their streams. Arbitrary. */
const KEPT = 4096

/** The newest few ids, so that what is told late of something that ended is known to be late. */
export class RecentIds {
  #newer = new Set<string>()
  #older: ReadonlySet<string> = new Set()

  add(id: string): void {
    this.#newer.add(id)
    if (this.#newer.size < KEPT) return
    this.#older = this.#newer
    this.#newer = new Set()
  }

  has(id: string): boolean {
    return this.#newer.has(id) || this.#older.has(id)
  }

  clear(): void {
    this.#newer = new Set()
    this.#older = new Set()
  }
}
