import type { Finding } from '../doctor/index.ts'
import type { Palette } from './palette.ts'

/** Format what the doctor found, and what goes past Tor: cause and next step, two lines each. */
export function formatFindings(
  findings: readonly Finding[],
  notes: readonly Finding[],
  runs: boolean,
  palette: Palette,
): string {
  const state = runs ? '' : 'Cordon does not run; start it with: cordon up\n'
  const format = (mark: string, { code, cause, next }: Finding): string =>
    `${mark} ${cause} ${palette('quiet', code)}\n  next: ${next}`
  const paragraphs = [
    ...(findings.length === 0
      ? [palette('good', 'Nothing is wrong.')]
      : findings.map(finding => format(palette('bad', '✗'), finding))),
    ...(notes.length === 0
      ? []
      : [['What goes past Tor on this machine:', ...notes.map(note => format('•', note))].join('\n')]),
    ...(state === '' ? [] : [state.trimEnd()]),
  ]
  return `${paragraphs.join('\n\n')}\n`
}
