import { refuse } from './fault.ts'

/** One paragraph of deb822 (deb822(5)): field names in lower case, folded lines joined by line feeds. */
export type Paragraph = ReadonlyMap<string, string>

/** Longest line and paragraph that are taken. A Release of Debian has paragraphs of 300 KB. Arbitrary. */
const LINE_MAX = 65_536
const PARAGRAPH_MAX = 8_388_608

/** Parse a text of exactly one paragraph, or throw a Fault `UPD_MALFORMED`. */
export function parseParagraph(text: string): Paragraph {
  const found: Paragraph[] = []
  const reader = new ParagraphReader(paragraph => found.push(paragraph))
  reader.push(Buffer.from(text))
  reader.end()
  const [paragraph] = found
  if (paragraph === undefined || found.length > 1) throw malformed('it is not one paragraph')
  return paragraph
}

/**
 * Reads paragraphs out of chunks, in memory of one paragraph, and shows each to `take`. Every broken line is a Fault
 * `UPD_MALFORMED`: what is passed over today may be what a newer attack needs.
 */
export class ParagraphReader {
  readonly #take: (paragraph: Paragraph) => void
  #rest = ''
  #fields = new Map<string, string>()
  #last: string | undefined
  #bytes = 0
  readonly #decoder = new TextDecoder('utf-8', { fatal: false })

  constructor(take: (paragraph: Paragraph) => void) {
    this.#take = take
  }

  push(chunk: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#takeLine(text.slice(from, end))
      from = end + 1
    }
    this.#rest = text.slice(from)
    if (this.#rest.length > LINE_MAX) throw malformed('a line is too long')
  }

  end(): void {
    if (this.#rest !== '') this.#takeLine(this.#rest)
    this.#rest = ''
    this.#finish()
  }

  #takeLine(line: string): void {
    if (line.length > LINE_MAX) throw malformed('a line is too long')
    this.#bytes += line.length
    if (this.#bytes > PARAGRAPH_MAX) throw malformed('a paragraph is too long')
    if (/^[ \t]*\r?$/.test(line)) {
      this.#finish()
    } else if (line[0] === ' ' || line[0] === '\t') {
      if (this.#last === undefined) throw malformed('it begins with a folded line')
      this.#fields.set(this.#last, `${this.#fields.get(this.#last) ?? ''}\n${line.trim()}`)
    } else {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      if (colon <= 0 || !/^[!-9;-~]+$/.test(name)) throw malformed('a line is no field')
      if (this.#fields.has(name)) throw malformed('a field stands twice')
      this.#fields.set(name, line.slice(colon + 1).trim())
      this.#last = name
    }
  }

  #finish(): void {
    this.#bytes = 0
    this.#last = undefined
    if (this.#fields.size === 0) return
    const paragraph = this.#fields
    this.#fields = new Map()
    this.#take(paragraph)
  }
}

const malformed = (why: string): Error => refuse('UPD_MALFORMED', `the index cannot be read: ${why}`)
