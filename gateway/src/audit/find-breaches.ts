import { groupOf, type SeenCircuit } from './circuit-table.ts'

/** Hops below which one relay would know both ends. */
const LEAST_HOPS = 3

/** What was found wrong with a circuit, or with a conflux set, that has carried apps. */
export interface Breach {
  readonly type: 'shared' | 'too-short'
  readonly circuits: readonly SeenCircuit[]
}

/**
 * Find circuits that carried more than one app, or that are shorter than three hops.
 *
 * `isApp` tells the tags of our apps from what other clients of the same tor send. A stranger on an app's circuit is a
 * breach too: whoever it is, it shares the app's exit.
 */
export function findBreaches(
  circuits: readonly SeenCircuit[],
  isApp: (username: string) => boolean,
): readonly Breach[] {
  const groups = Map.groupBy(circuits, groupOf)
  return [...groups.values()].flatMap((legs): Breach[] => {
    const usernames = new Set(legs.flatMap(({ usernames }) => [...usernames]))
    if (![...usernames].some(isApp)) return []
    const built = legs.filter(({ status }) => status === 'BUILT')
    const breaches: Breach[] = []
    if (usernames.size > 1) breaches.push({ type: 'shared', circuits: legs })
    if (built.some(({ path }) => path.reveal().length < LEAST_HOPS))
      breaches.push({ type: 'too-short', circuits: legs })
    return breaches
  })
}
