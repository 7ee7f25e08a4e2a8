import type { Ora } from 'ora'
import { choosePalette, describeFailure, formatFailure, type Palette } from '../cli/index.ts'

// Most runs have no terminal on standard error, and loading it costs more than they do.
const startSpinner = process.stderr.isTTY === true ? (await import('ora')).default : undefined

/** The two streams of the command: results on standard output, everything else on standard error. */
export class Terminal {
  readonly json: boolean
  readonly palette: Palette = choosePalette(process.stdout.isTTY === true, process.env)
  #spinner: Ora | undefined

  constructor(json: boolean) {
    this.json = json
  }

  /** Write a result, for people or for scripts. */
  result(value: unknown, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value)}\n` : text)
  }

  /** Write one line of what is going on. */
  note(line: string): void {
    this.#spinner?.clear()
    process.stderr.write(`${line}\n`)
  }

  /** Show what is waited for, on a line that the next replaces; only on a terminal. */
  wait(text: string): void {
    if (this.json) return
    // The spinner must not swallow Ctrl-C, which it does by reading standard input.
    this.#spinner ??= startSpinner?.({ discardStdin: false, stream: process.stderr })
    if (this.#spinner === undefined) return
    const width = Math.max(20, (process.stderr.columns ?? 80) - 4)
    this.#spinner.text = text.length > width ? `${text.slice(0, width - 1)}…` : text
    this.#spinner.start()
  }

  /** Take the line of {@link wait} away. */
  done(): void {
    this.#spinner?.stop()
    this.#spinner = undefined
  }

  failure(thrown: unknown): void {
    this.done()
    process.stderr.write(formatFailure(describeFailure(thrown), this.json))
  }
}
