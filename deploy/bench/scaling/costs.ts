import type { Costs } from './scaling.ts'

/**
 * What one of each costs, as `npm run bench` printed it on two cores of a server that was busy with other things (load
 * 10 to 22): of each figure the worst of two runs, which differed by a factor of two. The last two are no measurements.
 */
export const COSTS: Costs = {
  // stream-cost and idle-memory; KNOWN-ISSUES.md has both.
  gatewayMsPerStream: 0.6,
  gatewayKiBPerStream: 20,
  // tor-cost, tor 0.4.9.11. A circuit is what a new isolation key takes, be it one or the two legs of a conflux set.
  torMsPerCircuit: 5.5,
  torMsPerStream: 0.55,
  torMsPerMegabyte: 16.3,
  torKiBPerCircuit: 12,
  // Assumed for the Tor network: the lab has no distances. The second is tor's MaxClientCircuitsPending.
  buildSeconds: 1.5,
  pendingCircuits: 32,
}
