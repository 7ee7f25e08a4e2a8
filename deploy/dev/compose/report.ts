/** Counts what was shown, a line for each. */
export class Report {
  #passed = 0
  #failed = 0
  readonly #started = performance.now()

  /** Say what is being done, with the seconds since the start. */
  step(what: string): void {
    process.stderr.write(`[${Math.round((performance.now() - this.#started) / 1000)} s] ${what} …\n`)
  }

  check(what: string, holds: boolean, otherwise: unknown = ''): void {
    if (holds) this.#passed += 1
    else this.#failed += 1
    process.stdout.write(`${holds ? 'ok' : 'not ok'} - ${what}\n`)
    if (!holds && otherwise !== '') process.stdout.write(`  ${String(otherwise).trim().split('\n').join('\n  ')}\n`)
  }

  /** Print the last line, and tell the exit status. */
  finish(): number {
    process.stdout.write(`${this.#passed} passed, ${this.#failed} failed\n`)
    return this.#failed === 0 && this.#passed > 0 ? 0 : 1
  }
}
