import type { Finding } from '../doctor/index.ts'
import type { Palette } from './palette.ts'

/** Format what the doctor found: cause and next step, two lines each. */
export function formatFindings(findings: readonly Finding[], runs: boolean, palette: Palette): string {
  const state = runs ? '' : 'Cordon does not run; start it with: cordon up\n'
  if (findings.length === 0) return `${palette('good', 'Nothing is wrong.')}\n${state}`
  const blocks = findings.map(({ code, cause, next }) =>
    [`${palette('bad', '✗')} ${cause} ${palette('quiet', code)}`, `  next: ${next}`].join('\n'),
  )
  return `${blocks.join('\n\n')}\n${state === '' ? '' : `\n${state}`}`
}
