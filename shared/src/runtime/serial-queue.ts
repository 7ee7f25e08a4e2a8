/** Runs one change at a time, in the order they came, so that no two ever see the same old state. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Run `change` after all that came before it, whatever became of them. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change, change)
    this.#last = result.catch(() => {}) // its own caller hears of it
    return result
  }
}
