import type { CircuitGroup } from './circuit-table.ts'
import type { Violation } from './verdict.ts'

/** Remembers what each group of circuits was accused of, for as long as the group is: everything is said once. */
export class Accusations {
  readonly #made = new WeakMap<CircuitGroup, Set<Violation['kind']>>()

  has(group: CircuitGroup, kind: Violation['kind']): boolean {
    return this.#made.get(group)?.has(kind) === true
  }

  /** Make an accusation, and return the groups for which it is news. */
  make(groups: readonly CircuitGroup[], kind: Violation['kind']): readonly CircuitGroup[] {
    const fresh = groups.filter(group => !this.has(group, kind))
    for (const group of fresh) this.#made.set(group, (this.#made.get(group) ?? new Set()).add(kind))
    return fresh
  }
}
