import type { GatewayStatus, Problem, Status } from '@cordon/shared/contracts'

/** What was seen of this machine and of the Cordon on it. Undefined problems are none. */
export interface Facts {
  /** `silent`: its process is there and does not answer. */
  readonly supervisor: 'running' | 'silent' | 'absent'
  /** What the running Cordon says. */
  readonly status: Status | undefined
  readonly gateway: GatewayStatus | undefined
  readonly configurationProblem: Problem | undefined
  /** Why tor cannot be used: missing, too old. */
  readonly torProblem: Problem | undefined
  readonly hasNetwork: boolean
  /** Why a directory of ours cannot be used. */
  readonly directoryProblems: readonly Problem[]
  /** Whether an ordinary user's program may make namespaces here, as `cordon run` and the lab do. */
  readonly namespaces: boolean
  readonly redisProblem: Problem | undefined
  /** Milliseconds that the clock of this machine is behind the newest of our own files; 0 if it is not. */
  readonly clockBehindMs: number
}
