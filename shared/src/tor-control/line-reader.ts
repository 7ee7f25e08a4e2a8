/** What one read brought: whole lines without their ends, and whether the peer broke the rules of lines. */
export interface LineReading {
  readonly lines: readonly string[]
  /** Set once and for good; the lines before the break are good. `why` in words, without content. */
  readonly malformed: string | undefined
}

const LF = 0x0a
const ILLEGAL = /[\r\0]/

/**
 * Cut bytes into lines that end in CR LF, one character a byte (ISO 8859-1).
 *
 * A bare LF, a stray CR and a NUL break it: two readers could see different lines there. So does a line of more than
 * `lineBytes`, its end included. Cost is linear in the bytes, however they are cut.
 */
export class LineReader {
  readonly #lineBytes: number
  #malformed: string | undefined
  #partial: Uint8Array[] = []
  #partialBytes = 0

  constructor(lineBytes: number) {
    this.#lineBytes = lineBytes
  }

  push(bytes: Uint8Array): LineReading {
    const lines: string[] = []
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    let start = 0
    while (this.#malformed === undefined) {
      const end = chunk.indexOf(LF, start)
      // What is kept over the read is copied: the read's buffer is the caller's.
      this.#keep(end < 0 ? new Uint8Array(chunk.subarray(start)) : chunk.subarray(start, end + 1))
      if (end < 0 || this.#malformed !== undefined) break
      const line = this.#takeLine()
      this.#malformed = explainBreak(line)
      if (this.#malformed === undefined) lines.push(line.slice(0, -2))
      start = end + 1
    }
    return { lines, malformed: this.#malformed }
  }

  #keep(part: Uint8Array): void {
    this.#partialBytes += part.length
    if (this.#partialBytes <= this.#lineBytes) {
      this.#partial.push(part)
    } else {
      this.#malformed = 'line too long'
      this.#partial = []
    }
  }

  /** Each line is a string of its own: a slice of the read would keep all of that read for as long as a field lives. */
  #takeLine(): string {
    const line = Buffer.concat(this.#partial).toString('latin1')
    this.#partial = []
    this.#partialBytes = 0
    return line
  }
}

function explainBreak(line: string): string | undefined {
  if (!line.endsWith('\r\n')) return 'bare LF'
  return ILLEGAL.test(line.slice(0, -2)) ? 'CR or NUL in a line' : undefined
}
