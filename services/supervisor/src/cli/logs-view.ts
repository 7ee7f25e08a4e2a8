import type { KeptLine } from '@cordon/shared/contracts'
import type { Mark, Palette } from './palette.ts'

const MARKS: Readonly<Record<KeptLine['level'], Mark>> = { error: 'bad', warn: 'waiting', info: 'quiet' }

/** Format a line of the log. It was made fit for a terminal when it was kept. */
export function formatLogLine({ at, level, part, text }: KeptLine, palette: Palette): string {
  return `${palette('quiet', at)} ${palette(MARKS[level], level.padEnd(5))} ${part}: ${text}\n`
}
