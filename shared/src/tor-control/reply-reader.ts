import { LineReader } from './line-reader.ts'
import type { Reply, ReplyLine } from './reply.ts'

/** What a tor may send at most before it is taken for broken. */
export interface ReplyLimits {
  readonly lineBytes: number
  readonly replyBytes: number
  readonly replyLines: number
}

/**
 * Arbitrary, and wide: the longest line seen of a real tor is under 2 KiB, and the longest reply Cordon asks for is a
 * list of circuits of 350 bytes each. A whole consensus (`ns/all`) is not asked for.
 */
export const REPLY_LIMITS: ReplyLimits = { lineBytes: 65_536, replyBytes: 4_194_304, replyLines: 65_536 }

/** What one read brought: whole replies in order, and whether the connection broke the protocol. */
export interface Reading {
  readonly replies: readonly Reply[]
  /** Set once and for good: drop the connection. The replies before the break are good. In words, without content. */
  readonly malformed: string | undefined
}

// control-spec 2.3: StatusCode ("-" / "+" / SP) ReplyText CRLF. Codes begin with 2 to 6 (control-spec 4).
const LINE = /^([2-6][0-9]{2})([-+ ])/

/** Bytes of CR LF. */
const LINE_END_BYTES = 2

/**
 * Cut the bytes of a control connection into replies (control-spec 2.3), wherever the reads cut them.
 *
 * tor is not trusted: an over-long line or reply, a bare LF, a stray CR, a NUL, or a line without a status code breaks
 * the connection for good, for what follows could be read in two ways.
 */
export class ReplyReader {
  readonly #limits: ReplyLimits
  readonly #lineReader: LineReader
  #malformed: string | undefined
  #status = 0
  #lines: ReplyLine[] = []
  #replyBytes = 0
  #lineCount = 0
  /** The `+` line whose data is being read. */
  #open: { readonly text: string; readonly data: string[] } | undefined

  constructor(limits: ReplyLimits = REPLY_LIMITS) {
    this.#limits = limits
    this.#lineReader = new LineReader(limits.lineBytes)
  }

  push(bytes: Uint8Array): Reading {
    if (this.#malformed !== undefined) return { replies: [], malformed: this.#malformed }
    const replies: Reply[] = []
    const { lines, malformed } = this.#lineReader.push(bytes)
    for (const line of lines) {
      this.#malformed = this.#count(line) ?? this.#readLine(line, replies)
      if (this.#malformed !== undefined) break
    }
    this.#malformed ??= malformed
    if (this.#malformed !== undefined) this.#startReply()
    return { replies, malformed: this.#malformed }
  }

  /** Hold the reply to its limits: endless data attack. */
  #count(line: string): string | undefined {
    this.#replyBytes += line.length + LINE_END_BYTES
    this.#lineCount += 1
    if (this.#replyBytes > this.#limits.replyBytes) return 'reply too long'
    return this.#lineCount > this.#limits.replyLines ? 'reply has too many lines' : undefined
  }

  #readLine(line: string, replies: Reply[]): string | undefined {
    if (this.#open !== undefined) {
      this.#readDataLine(line, this.#open)
      return undefined
    }
    const [, digits, separator] = LINE.exec(line) ?? []
    const status = Number(digits)
    if (separator === undefined) return 'status line'
    // An event never falls into a reply (control-spec 4.1), and no command of ours is answered with mixed codes.
    if (this.#lineCount > 1 && status !== this.#status) return 'status code changed'
    this.#status = status
    const text = line.slice(4)
    if (separator === '+') this.#open = { text, data: [] }
    else this.#lines.push({ text, data: undefined })
    if (separator === ' ') {
      replies.push({ status, lines: this.#lines })
      this.#startReply()
    }
    return undefined
  }

  #readDataLine(line: string, { text, data }: { readonly text: string; readonly data: string[] }): void {
    if (line === '.') {
      this.#lines.push({ text, data: data.join('\n') })
      this.#open = undefined
    } else {
      // control-spec 2.3, RFC 2821 section 4.5.2: a line that begins with a dot has one more in front.
      data.push(line.startsWith('.') ? line.slice(1) : line)
    }
  }

  #startReply(): void {
    this.#lines = []
    this.#open = undefined
    this.#replyBytes = 0
    this.#lineCount = 0
  }
}
