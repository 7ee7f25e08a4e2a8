import type { KeptLine, PartName } from '@cordon/shared/contracts'

/** How much a line of a part's log matters. */
export type LogLevel = 'info' | 'warn' | 'error'

/** One line that a part wrote, as it may be shown. */
export interface LogLine {
  readonly part: PartName | 'supervisor'
  readonly level: LogLevel
  readonly text: string
}

/** Enough to see why a part died. Arbitrary. */
const CAPACITY = 1000

/** The newest lines of all parts, bounded; older ones are let go. */
export class LogRing {
  readonly #lines: KeptLine[] = []
  #number = 0

  /** Keep a line that was written at `at` (RFC 3339). */
  push(line: LogLine, at: string): void {
    this.#number++
    this.#lines.push({ ...line, number: this.#number, at })
    if (this.#lines.length > CAPACITY) this.#lines.shift()
  }

  /** List what is kept of the lines after number `after`; 0 lists all. */
  linesAfter(after: number): readonly KeptLine[] {
    return this.#lines.filter(({ number }) => number > after)
  }
}

// Tor's own format: "Nov 23 00:17:54.000 [warn] text".
const TOR_LINE = /^[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d\.\d{3} \[(debug|info|notice|warn|err)\] (.*)$/

// What tor repeats for people without a supervisor: `explainBootstrap` says it with a cause, and root is our business.
const HABITUAL = /^(You are running Tor as root|Problem bootstrapping|\s*[0-9]+ connections? (have|has|died))/

// A guard or bridge: where this person enters the Tor network is nobody's to read.
const RELAY = /;? ?\bhost [0-9A-F]{40} at [^\s)]+/g

/**
 * Read a line of tor's log. A line in any other form is an error: tor writes so when it cannot log yet.
 *
 * Destinations are scrubbed by tor itself (SafeLogging), relays here.
 */
export function parseTorLogLine(line: string): { readonly level: LogLevel; readonly text: string } {
  const [, severity, text = ''] = TOR_LINE.exec(line) ?? []
  if (severity === undefined) return { level: 'error', text: line }
  const level = severity === 'warn' ? 'warn' : severity === 'err' ? 'error' : 'info'
  return { level: HABITUAL.test(text) ? 'info' : level, text: text.replace(RELAY, '') }
}
