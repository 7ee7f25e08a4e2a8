/** A quoted string that was read, and where the text goes on after it. */
export interface Unquoted {
  readonly value: string
  readonly end: number
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
const OCTAL = /[0-7]{1,3}/y

/**
 * Write a QuotedString (control-spec 2.1.1): only the quote and the backslash are escaped.
 *
 * tor reads some quoted strings as C strings and others with a bare backslash rule; these two escapes mean the same in
 * both. That no line break or NUL is inside is seen to where the command is put together.
 */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

const TOLD_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
}

/**
 * Write a byte string, one character a byte, as tor does in events: as a C string, all that is not visible ASCII in
 * octal. It fits on a line whatever it holds.
 */
export const quoteBytes = (bytes: string): string =>
  `"${bytes.replace(/["\\]|[^\x20-\x7e]/g, byte => TOLD_ESCAPES[byte] ?? octal(byte))}"`

const octal = (byte: string): string => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`

/**
 * Read a QuotedString at `start`, or return undefined if none begins there or it never ends.
 *
 * Escapes are read as C strings (control-spec 2.1.1): `\n`, `\r`, `\t`, one to three octal digits, and any other
 * character for itself. tor writes bytes outside visible ASCII in octal.
 */
export function parseQuoted(text: string, start = 0): Unquoted | undefined {
  if (text[start] !== '"') return undefined
  let value = ''
  let plainFrom = start + 1
  for (let at = start + 1; at < text.length; ) {
    const character = text[at]
    if (character === '"') return { value: value + text.slice(plainFrom, at), end: at + 1 }
    if (character !== '\\') {
      at += 1
      continue
    }
    value += text.slice(plainFrom, at)
    OCTAL.lastIndex = at + 1
    const octal = OCTAL.exec(text)?.[0]
    const escaped = text[at + 1]
    if (octal !== undefined) {
      const byte = Number.parseInt(octal, 8)
      if (byte > 0xff) return undefined
      value += String.fromCharCode(byte)
      at += 1 + octal.length
    } else if (escaped !== undefined) {
      value += ESCAPES[escaped] ?? escaped
      at += 2
    } else return undefined
    plainFrom = at
  }
  return undefined
}
