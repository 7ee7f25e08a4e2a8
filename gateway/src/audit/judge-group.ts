import { type CircuitGroup, pairsOf } from './circuit-table.ts'
import type { Pair } from './pair.ts'

/** What can be wrong with what counts as one circuit. */
export type GroupFault = 'shared' | 'too-short' | 'unknown-guard'

/** Hops of a built circuit below which one relay would know both ends (path-spec 2.2: three). */
const LEAST_HOPS = 3

/**
 * More where the specification has more: the last hop of these is chosen by the other side, or known to it, so that the
 * three before it are ours (rend-spec-v3; path-spec 2.2.1, 2.4).
 */
const HOPS_OF_PURPOSE: Readonly<Record<string, number>> = {
  HS_CLIENT_HSDIR: 4,
  HS_CLIENT_INTRO: 4,
  HS_SERVICE_HSDIR: 4,
  HS_SERVICE_REND: 4,
}

/** What the auditor knows besides the circuits. */
export interface Knowledge {
  /** Report whether a pair is an app's of ours. */
  isOurs(pair: Pair): boolean
  /** Fingerprints of the relays that may be first; undefined until tor was asked. */
  readonly guards: ReadonlySet<string> | undefined
}

/**
 * Find what is wrong with a group that an app of ours is on.
 *
 * A stranger on an app's circuit is wrong too: whoever it is, it shares the app's exit. `unknown-guard` is a question
 * first: tor may have a guard that it has not been asked for yet.
 */
export function judgeGroup(group: CircuitGroup, { isOurs, guards }: Knowledge): readonly GroupFault[] {
  const faults: GroupFault[] = []
  const { pairs, circuits } = group
  if (pairs.size > 1 && [...pairs.values()].some(isOurs)) faults.push('shared')
  const own = isOn(group, isOurs) ? [...circuits.values()].filter(({ status }) => status === 'BUILT') : []
  for (const circuit of own) {
    const [first, ...others] = circuit.path.reveal()
    const least = HOPS_OF_PURPOSE[circuit.purpose ?? ''] ?? LEAST_HOPS
    if (first === undefined || 1 + others.length < least) add(faults, 'too-short')
    else if (guards !== undefined && !guards.has(first.fingerprint)) add(faults, 'unknown-guard')
  }
  return faults
}

/** Report whether an app of ours is on a circuit, or will be. */
export const isOn = (group: CircuitGroup, isOurs: Knowledge['isOurs']): boolean => [...pairsOf(group)].some(isOurs)

function add(faults: GroupFault[], fault: GroupFault): void {
  if (!faults.includes(fault)) faults.push(fault)
}
