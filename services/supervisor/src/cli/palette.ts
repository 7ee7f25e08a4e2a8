import { styleText } from 'node:util'

/** How a word may be marked. */
export type Mark = 'good' | 'bad' | 'waiting' | 'quiet' | 'loud'

/** Marks words, or leaves them as they are. */
export type Palette = (mark: Mark, text: string) => string

const STYLES = {
  good: ['green'],
  bad: ['red', 'bold'],
  waiting: ['yellow'],
  quiet: ['dim'],
  loud: ['bold', 'inverse'],
} as const satisfies Record<Mark, readonly string[]>

/** Colours for a terminal. */
export const COLOURS: Palette = (mark, text) => styleText([...STYLES[mark]], text, { validateStream: false })

/** No colours: pipes, files, NO_COLOR. */
export const PLAIN: Palette = (_, text) => text

/** Choose colours for a stream: only on a terminal, and never with NO_COLOR (no-color.org) or TERM=dumb. */
export function choosePalette(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Palette {
  const { NO_COLOR = '', TERM = '' } = env
  return isTerminal && NO_COLOR === '' && TERM !== 'dumb' ? COLOURS : PLAIN
}
