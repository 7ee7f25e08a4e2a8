import { closeSync, constants, openSync, renameSync, writeSync } from 'node:fs'
import type { LogLine } from '../lifecycle/index.ts'

/** With the one file before, 2 MiB at most. Arbitrary. */
const MAX_BYTES = 1_048_576

/** A log file of ours alone (0600) that never grows beyond a bound: the one before it is kept, older ones go. */
export class BoundedLog {
  readonly #path: string
  #descriptor: number
  #bytes = 0

  constructor(path: string) {
    this.#path = path
    this.#descriptor = this.#begin()
  }

  write({ part, level, text }: LogLine): void {
    const line = `${new Date().toISOString()} ${level} ${part}: ${text}\n`
    if (this.#bytes + line.length > MAX_BYTES) {
      closeSync(this.#descriptor)
      this.#descriptor = this.#begin()
      this.#bytes = 0
    }
    // A full disk must not end the supervisor: what cannot be logged is let go.
    try {
      this.#bytes += writeSync(this.#descriptor, line)
    } catch {}
  }

  #begin(): number {
    try {
      renameSync(this.#path, `${this.#path}.1`)
    } catch {
      // The first log of this state directory.
    }
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    return openSync(this.#path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  }
}
