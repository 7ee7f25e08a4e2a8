import type { GatewayStatus, Problem, Status } from '@cordon/shared/contracts'
import type { Exposure } from './exposure.ts'

/** Who is asked for names on this machine. */
export interface DesktopDns {
  /** The app that is meant to be asked. */
  readonly app: string
  /** Servers in /etc/resolv.conf. */
  readonly nameservers: readonly string[]
  /** Servers on port 53 that systemd-resolved asks behind its own address; ours is on another port. */
  readonly uplinks: readonly string[]
}

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
  /** How the desktop resolves names, where the configuration says that it is meant to ask an app. */
  readonly desktopDns: DesktopDns | undefined
  /** What reaches the network without Tor. */
  readonly exposure: Exposure
  /** Milliseconds that the clock of this machine is behind the newest of our own files; 0 if it is not. */
  readonly clockBehindMs: number
}
