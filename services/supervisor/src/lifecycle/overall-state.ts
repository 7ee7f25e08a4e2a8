import type { GatewayStatus, PartStatus, Status, TorStatus } from '@cordon/shared/contracts'
import type { PartRecord, Supervision } from './supervision.ts'

/** What the state of the whole follows from. */
export interface OverallInput {
  readonly supervision: Supervision
  readonly tor: TorStatus
  /** Undefined while the gateway does not answer. */
  readonly gateway: GatewayStatus | undefined
  /** Whether this instance was ready before. */
  readonly wasReady: boolean
}

/**
 * Judge the whole.
 *
 * Breached is above all. Ready means that an app's stream would pass now and nothing is missing. Degraded is readiness lost, a part that
 * failed or an optional one that is away; what a stream finds then, the parts and tor's state say.
 */
export function judgeState({ supervision, tor, gateway, wasReady }: OverallInput): Status['state'] {
  const states = supervision.parts.map(part => part.state)
  if (supervision.wanted === 'down' && states.every(state => state === 'down')) return 'stopped'
  // Nothing that works makes up for a promise that was broken.
  if (gateway?.audit.verdict === 'breached') return 'breached'
  const missing = supervision.parts.filter(({ state }) => state !== 'ready')
  if (tor.circuitEstablished && gateway?.state === 'ready' && missing.every(isOptional)) {
    if (missing.length === 0) return 'ready'
    return wasReady || missing.some(hasEnded) ? 'degraded' : 'starting'
  }
  return wasReady || states.includes('failed') || gateway?.state === 'degraded' ? 'degraded' : 'starting'
}

const isOptional = ({ definition }: PartRecord): boolean => definition.optional
const hasEnded = ({ state }: PartRecord): boolean => state === 'failed' || state === 'down'

/** List the parts as `cordon status` shows them. */
export const listParts = ({ parts }: Supervision): PartStatus[] =>
  parts.map(({ definition: { name, optional }, state, pid, detail }) => ({ name, state, pid, detail, optional }))

/** Report whether the two look alike to everybody outside: then nobody needs to be told. */
export const looksAlike = (before: Supervision, after: Supervision): boolean =>
  before.wanted === after.wanted &&
  before.parts.every(({ state, pid, detail }, at) => {
    const other = after.parts[at]
    return state === other?.state && pid === other.pid && detail === other.detail
  })
