/** What so many users need, computed from what one does and from what was measured. Arithmetic, and no measurement. */

/** What one active user does in a busy hour. Assumed: measure your own, and compute again. */
export interface Behaviour {
  readonly apps: number
  readonly openStreams: number
  readonly newStreamsPerMinute: number
  /** Each app that is in use gets a new circuit after ten minutes at the latest once its streams have ended. */
  readonly newCircuitsPerHour: number
  readonly openCircuits: number
  readonly megabytesPerHour: number
}

/** What one costs. Where each number is from stands beside it. */
export interface Costs {
  readonly gatewayMsPerStream: number
  readonly gatewayKiBPerStream: number
  readonly torMsPerCircuit: number
  readonly torMsPerStream: number
  readonly torMsPerMegabyte: number
  readonly torKiBPerCircuit: number
  /** How long a circuit takes to build, in seconds, and how many tor builds at a time. */
  readonly buildSeconds: number
  readonly pendingCircuits: number
}

export const BEHAVIOUR: Behaviour = {
  apps: 6,
  openStreams: 15,
  newStreamsPerMinute: 12,
  newCircuitsPerHour: 40,
  openCircuits: 12,
  megabytesPerHour: 150,
}

export interface Need {
  readonly users: number
  readonly openStreams: number
  readonly openCircuits: number
  readonly newCircuitsPerSecond: number
  readonly megabitsPerSecond: number
  /** Shares of one processor: neither tor's loop nor the gateway's uses a second one. */
  readonly torThread: number
  readonly gatewayThread: number
  /** Of the circuits that tor builds at a time. */
  readonly pending: number
  readonly torMiB: number
  readonly gatewayMiB: number
}

/** Compute what `users` active at the same time need of one gateway and one tor. */
export function computeNeed(users: number, behaviour: Behaviour, costs: Costs): Need {
  const newStreamsPerSecond = (users * behaviour.newStreamsPerMinute) / 60
  const newCircuitsPerSecond = (users * behaviour.newCircuitsPerHour) / 3600
  const megabytesPerSecond = (users * behaviour.megabytesPerHour) / 3600
  const torMs =
    newCircuitsPerSecond * costs.torMsPerCircuit +
    newStreamsPerSecond * costs.torMsPerStream +
    megabytesPerSecond * costs.torMsPerMegabyte
  const openStreams = users * behaviour.openStreams
  const openCircuits = users * behaviour.openCircuits
  return {
    users,
    openStreams,
    openCircuits,
    newCircuitsPerSecond,
    megabitsPerSecond: megabytesPerSecond * 8,
    torThread: torMs / 1000,
    gatewayThread: (newStreamsPerSecond * costs.gatewayMsPerStream) / 1000,
    pending: (newCircuitsPerSecond * costs.buildSeconds) / costs.pendingCircuits,
    torMiB: (openCircuits * costs.torKiBPerCircuit) / 1024,
    gatewayMiB: (openStreams * costs.gatewayKiBPerStream) / 1024,
  }
}

/**
 * Compute how many users one gateway is enough for, so that no thread and not tor's list of circuits in the making is
 * taken for more than `share`: queues grow without bound as that nears one.
 */
export function computeMost(behaviour: Behaviour, costs: Costs, share: number): number {
  const { torThread, gatewayThread, pending } = computeNeed(1, behaviour, costs)
  return Math.floor(share / Math.max(torThread, gatewayThread, pending))
}

/** Compute the chance that at least one of `gateways` has a guard of somebody who has that share of all guards. */
export const computeExposure = (gateways: number, share: number, guards: number): number =>
  1 - (1 - share) ** (gateways * guards)
