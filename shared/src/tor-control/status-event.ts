import { type Malformed, malformed } from '../errors/index.ts'
import { type BootstrapPhase, parseBootstrapPhase } from './bootstrap-phase.ts'
import { parseFields, parseSigned } from './fields.ts'

/** tor's progress towards a circuit (control-spec 4.1.10, 5.5). */
export interface BootstrapEvent {
  readonly type: 'bootstrap'
  readonly phase: BootstrapPhase
}

/**
 * What else tor says of itself (control-spec 4.1.10): CIRCUIT_ESTABLISHED, CIRCUIT_NOT_ESTABLISHED, CLOCK_SKEW,
 * CLOCK_JUMPED, DANGEROUS_SOCKS and others.
 *
 * Only these keywords are kept: others hold destinations and addresses of guards.
 */
export interface StatusEvent {
  readonly type: 'status'
  readonly source: 'client' | 'general'
  readonly severity: string
  readonly action: string
  readonly reason: string | undefined
  /** CLOCK_SKEW. Positive: the local clock is ahead of the source; the opposite sign of an offset. */
  readonly skewSeconds: number | undefined
  /** CLOCK_JUMPED. Positive: the local clock went forward. */
  readonly jumpSeconds: number | undefined
}

/** Read what follows `STATUS_CLIENT ` or `STATUS_GENERAL ` in an event. */
export function parseStatus(source: 'client' | 'general', text: string): BootstrapEvent | StatusEvent | Malformed {
  const fields = parseFields(text, 2)
  const [severity, action] = fields?.positional ?? []
  if (fields === undefined || severity === undefined || action === undefined) return malformed('STATUS fields')
  if (source === 'client' && action === 'BOOTSTRAP') {
    const phase = parseBootstrapPhase(text)
    return 'why' in phase ? phase : { type: 'bootstrap', phase }
  }
  const { keywords } = fields
  const skewSeconds = action === 'CLOCK_SKEW' ? parseSigned(keywords.get('SKEW')) : undefined
  const jumpSeconds = action === 'CLOCK_JUMPED' ? parseSigned(keywords.get('TIME')) : undefined
  return { type: 'status', source, severity, action, reason: keywords.get('REASON'), skewSeconds, jumpSeconds }
}
