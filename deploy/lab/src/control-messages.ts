/** One reply or asynchronous event of tor's control port: its status code and its lines without codes. */
export interface ControlMessage {
  readonly status: number
  readonly lines: readonly string[]
}

/**
 * Collect control messages from the pieces in which they arrive (control-spec 2.3).
 *
 * For a tor that we started ourselves and that speaks over a descriptor nobody else holds. Not for a hostile peer: it
 * bounds nothing.
 */
export class ControlReader {
  #rest = ''
  #lines: string[] = []
  #inData = false

  /** Take further bytes, as Latin-1 text; return the messages that are complete now. */
  push(text: string): readonly ControlMessage[] {
    const lines = (this.#rest + text).split('\r\n')
    this.#rest = lines.pop() ?? ''
    return lines.flatMap(line => this.#take(line) ?? [])
  }

  #take(line: string): ControlMessage | undefined {
    if (this.#inData) {
      if (line === '.') this.#inData = false
      // control-spec 2.3: a data line that starts with a dot has it doubled.
      else this.#lines.push(line.startsWith('..') ? line.slice(1) : line)
      return undefined
    }
    this.#lines.push(line.slice(4))
    const separator = line[3]
    this.#inData = separator === '+'
    if (separator !== ' ') return undefined
    const message = { status: Number(line.slice(0, 3)), lines: this.#lines }
    this.#lines = []
    return message
  }
}

/** Control-spec 4: the status code of every asynchronous event. */
export const EVENT_STATUS = 650

/** List the nicknames in a NEWCONSENSUS event (control-spec 4.1.15, dir-spec 3.4.1 `r` lines), or undefined for another. */
export const consensusRelays = ({ lines }: ControlMessage): readonly string[] | undefined =>
  lines[0]?.startsWith('NEWCONSENSUS') === true
    ? lines.flatMap(line => (line.startsWith('r ') ? [line.split(' ')[1] ?? ''] : []))
    : undefined

/** Read the progress out of a bootstrap event or a `status/bootstrap-phase` reply (control-spec 4.1.10), in percent. */
export function bootstrapProgress({ lines }: ControlMessage): number | undefined {
  const progress = /BOOTSTRAP PROGRESS=(\d+)/.exec(lines[0] ?? '')?.[1]
  return progress === undefined ? undefined : Number(progress)
}
