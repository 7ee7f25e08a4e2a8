import { type Sensitive, sensitive } from '../errors/index.ts'
import { parseQuoted } from './quoted-string.ts'

/** The fields of one line: those told apart by place, and those told apart by keyword. */
export interface Fields {
  readonly positional: readonly string[]
  readonly keywords: ReadonlyMap<string, string>
}

const KEYWORD = /([A-Za-z0-9_]+)=/y

/**
 * Read the fields of a line: words, and `KEYWORD=value` or `KEYWORD="quoted value"` (control-spec 2.4, 4.1).
 *
 * The first `leading` fields are words whatever they hold, for a target may hold an equals sign. Return undefined for an
 * unbalanced quote, for something behind a closing quote, and for a keyword that comes twice: which one counts would be
 * a guess.
 */
export function parseFields(text: string, leading: number): Fields | undefined {
  const positional: string[] = []
  const keywords = new Map<string, string>()
  for (let at = 0; at < text.length; ) {
    if (text[at] === ' ') {
      at += 1
      continue
    }
    const isLeading = positional.length < leading
    KEYWORD.lastIndex = at
    const keyword = isLeading ? undefined : KEYWORD.exec(text)?.[1]
    if (keyword !== undefined) at += keyword.length + 1
    const quoted = isLeading ? undefined : parseQuoted(text, at)
    const end = quoted?.end ?? endOfWord(text, at)
    const value = quoted?.value ?? text.slice(at, end)
    if (!isLeading && quoted === undefined && value.startsWith('"')) return undefined
    if (end < text.length && text[end] !== ' ') return undefined
    if (keyword === undefined) positional.push(value)
    else if (keywords.has(keyword)) return undefined
    else keywords.set(keyword, value)
    at = end
  }
  return { positional, keywords }
}

function endOfWord(text: string, start: number): number {
  const space = text.indexOf(' ', start)
  return space < 0 ? text.length : space
}

/** Read a whole number without sign that JavaScript holds exactly, or return undefined. */
export function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}

/** Read a whole number with an optional sign that JavaScript holds exactly, or return undefined. */
export function parseSigned(text: string | undefined): number | undefined {
  return text !== undefined && /^[-+]?[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}

/** Take a value that must not be written anywhere, wrapped; undefined if it is not there. */
export function takeSensitive(keywords: Fields['keywords'], keyword: string): Sensitive<string> | undefined {
  const value = keywords.get(keyword)
  return value === undefined ? undefined : sensitive(value)
}
