import type { GatewayStatus, PartStatus, Status, TorStatus } from '@cordon/shared/contracts'
import type { Supervision } from './supervision.ts'

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
 * Judge the whole. Ready means that an app's stream would pass now; a part that failed, or readiness lost, is degraded.
 */
export function judgeState({ supervision, tor, gateway, wasReady }: OverallInput): Status['state'] {
  const states = supervision.parts.map(part => part.state)
  if (supervision.wanted === 'down' && states.every(state => state === 'down')) return 'stopped'
  const allReady = states.every(state => state === 'ready')
  if (allReady && tor.circuitEstablished && gateway?.state === 'ready') return 'ready'
  return wasReady || states.includes('failed') || gateway?.state === 'degraded' ? 'degraded' : 'starting'
}

/** List the parts as `cordon status` shows them. */
export const listParts = ({ parts }: Supervision): PartStatus[] =>
  parts.map(({ definition, state, pid, detail }) => ({ name: definition.name, state, pid, detail }))
