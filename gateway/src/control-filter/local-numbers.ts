/** Numbers things in the order in which they are first asked for, from 1, and never twice the same. */
export class LocalNumbers<Id> {
  readonly #numbers = new Map<Id, string>()
  #last = 0

  /** The number of `id`, now and until it is dropped. */
  of(id: Id): string {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    this.#last += 1
    const number = String(this.#last)
    this.#numbers.set(id, number)
    return number
  }

  drop(id: Id): void {
    this.#numbers.delete(id)
  }
}
