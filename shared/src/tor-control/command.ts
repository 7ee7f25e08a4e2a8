import { type Malformed, malformed } from '../errors/index.ts'
import { quote } from './quoted-string.ts'

/** One command, ready to be written: exactly one line, with its line end. */
export interface Command {
  readonly type: 'command'
  /** For logs: never the arguments. */
  readonly keyword: string
  readonly bytes: Uint8Array
}

/** A part of a command line. */
export type Argument =
  /** A word as it stands: visible ASCII without quotes. */
  | { readonly type: 'word'; readonly text: string }
  /** A quoted string, of anything that fits on a line. */
  | { readonly type: 'quoted'; readonly text: string }
  /** KEY, or KEY="value". */
  | { readonly type: 'pair'; readonly key: string; readonly value: string | undefined }

/** Longest command line. tor takes up to 64 KiB in practice; Cordon sends nothing near (arbitrary). */
const MAX_LINE_BYTES = 32_768

const WORD = /^[\x21\x23-\x7e]+$/
const KEY = /^[A-Za-z0-9_]{1,128}$/
// Two lines in one write run as two commands (seen on 0.4.9.11), and C strings end at a NUL.
const LINE_BREAKING = /[\r\n\0]/

/**
 * Put a command together: one line is one command, whatever the arguments hold.
 *
 * CR, LF or NUL in an argument, a word with a space or a quote, and an over-long line are refused. `why` names the place
 * of the argument and never its text. Text goes out as UTF-8.
 */
export function formatCommand(keyword: string, ...args: readonly Argument[]): Command | Malformed {
  const words = [keyword]
  for (const [index, argument] of args.entries()) {
    const text = formatArgument(argument)
    if (text === undefined) return malformed(`argument ${index + 1} of ${keyword}`)
    words.push(text)
  }
  const bytes = Buffer.from(`${words.join(' ')}\r\n`, 'utf8')
  return bytes.length > MAX_LINE_BYTES ? malformed(`length of ${keyword}`) : { type: 'command', keyword, bytes }
}

function formatArgument(argument: Argument): string | undefined {
  switch (argument.type) {
    case 'word':
      return WORD.test(argument.text) ? argument.text : undefined
    case 'quoted':
      return LINE_BREAKING.test(argument.text) ? undefined : quote(argument.text)
    case 'pair': {
      const { key, value } = argument
      if (!KEY.test(key) || LINE_BREAKING.test(value ?? '')) return undefined
      return value === undefined ? key : `${key}=${quote(value)}`
    }
  }
}

/** A word of a command. */
export const word = (text: string): Argument => ({ type: 'word', text })
