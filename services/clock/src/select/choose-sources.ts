import type { TimePools } from '@cordon/shared/contracts'

/** A source that a round asks. */
export interface ChosenSource {
  readonly pool: string
  readonly operator: string
  readonly url: string
}

/** Gives a whole number from 0 to below `below`, each as likely. */
export type RandomIndex = (below: number) => number

/**
 * Choose the sources of one round: of each pool `perPool` operators, of each operator one source, all in random order.
 *
 * An operator that stands in two pools is chosen once.
 */
export function chooseSources(pools: TimePools, perPool: number, random: RandomIndex): readonly ChosenSource[] {
  const taken = new Set<string>()
  return shuffle(Object.entries(pools), random).flatMap(([pool, sources]) => {
    const byOperator = Map.groupBy(sources, ({ operator }) => operator)
    const operators = shuffle([...byOperator.keys()], random).filter(operator => !taken.has(operator))
    return operators.slice(0, perPool).map(operator => {
      taken.add(operator)
      const members = byOperator.get(operator) ?? []
      return { pool, operator, url: members[random(members.length)]?.url ?? '' }
    })
  })
}

/** Fisher and Yates. */
function shuffle<T>(items: readonly T[], random: RandomIndex): T[] {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const at = random(last + 1)
    const item = shuffled[at] as T
    shuffled[at] = shuffled[last] as T
    shuffled[last] = item
  }
  return shuffled
}
