import { type Malformed, malformed } from '../errors/index.ts'
import { parseCount, parseFields } from './fields.ts'

/**
 * How far tor has come (control-spec 5.5).
 *
 * HOSTID and HOSTADDR are left out: they name a guard or a bridge.
 */
export interface BootstrapPhase {
  readonly severity: string
  /** Percent. */
  readonly progress: number
  readonly tag: string
  readonly summary: string
  /** What went wrong, if this phase is a problem: tor's sentence, its keyword, how often, and what tor advises. */
  readonly warning: string | undefined
  readonly reason: string | undefined
  readonly count: number | undefined
  readonly recommendation: string | undefined
}

/** Read the value of `GETINFO status/bootstrap-phase`, or what follows `STATUS_CLIENT ` in a BOOTSTRAP event. */
export function parseBootstrapPhase(text: string): BootstrapPhase | Malformed {
  const fields = parseFields(text, 2)
  const [severity, action] = fields?.positional ?? []
  if (fields === undefined || severity === undefined || action !== 'BOOTSTRAP') return malformed('BOOTSTRAP fields')
  const { keywords } = fields
  const progress = parseCount(keywords.get('PROGRESS'))
  const tag = keywords.get('TAG')
  if (progress === undefined || progress > 100) return malformed('BOOTSTRAP PROGRESS')
  if (tag === undefined) return malformed('BOOTSTRAP TAG')
  return {
    severity,
    progress,
    tag,
    summary: keywords.get('SUMMARY') ?? tag,
    warning: keywords.get('WARNING'),
    reason: keywords.get('REASON'),
    count: parseCount(keywords.get('COUNT')),
    recommendation: keywords.get('RECOMMENDATION'),
  }
}
