import type { PartName } from '@cordon/shared/contracts'

/** What the supervisor knows of a part before it runs. A new part is a new line of {@link PARTS} and a driver. */
export interface PartDefinition {
  readonly name: PartName
  /** Parts that must be ready before this one starts. When one of them is lost, this one is stopped with it. */
  readonly needs: readonly PartName[]
  /** How long an orderly stop may take before the part is killed. The sum stays below the 30 s of an orderly stop. */
  readonly drainMs: number
}

/**
 * All parts in the order of starting; stopping is the other way round.
 *
 * The gateway needs no other part: while tor is away it refuses, and its listeners stay where the apps expect them.
 */
export const PARTS: readonly PartDefinition[] = [
  { name: 'lab', needs: [], drainMs: 9000 },
  { name: 'tor', needs: ['lab'], drainMs: 6000 },
  { name: 'gateway', needs: [], drainMs: 9000 },
]

/** Choose the parts of an instance, in order; what is left out is not waited for either. */
export function chooseParts(names: readonly PartName[]): readonly PartDefinition[] {
  const chosen = (name: PartName): boolean => names.includes(name)
  return PARTS.filter(part => chosen(part.name)).map(part => ({ ...part, needs: part.needs.filter(chosen) }))
}
