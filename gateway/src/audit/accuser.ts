import type { AppId } from '@cordon/shared/isolation'
import { Accusations } from './accusations.ts'
import type { AuditorOptions } from './auditor-options.ts'
import type { CircuitGroup } from './circuit-table.ts'
import { type Pair, usernameOf } from './pair.ts'
import type { Verdict, Violation } from './verdict.ts'

/** Makes a violation of what was seen: says what must be closed for it, and tells of it, once. */
export class Accuser {
  readonly #options: AuditorOptions
  readonly #verdict: Verdict
  #accusations = new Accusations()

  constructor(options: AuditorOptions, verdict: Verdict) {
    this.#options = options
    this.#verdict = verdict
  }

  /** Report whether a group was accused of that already. */
  hasAccused(group: CircuitGroup, kind: Violation['kind']): boolean {
    return this.#accusations.has(group, kind)
  }

  /** What was told is acknowledged: whatever is still so is told again. */
  forget(): void {
    this.#accusations = new Accusations()
  }

  /**
   * Have these groups closed with the streams of `pairs`, and tell of it, if it is news of one of them. With no group
   * it always is.
   */
  accuse(
    kind: Violation['kind'],
    groups: readonly CircuitGroup[],
    pairs: ReadonlySet<Pair>,
    apps: readonly AppId[] = this.#appsOf(pairs),
  ): void {
    const fresh = this.#accusations.make(groups, kind)
    if (groups.length > 0 && fresh.length === 0) return
    const circuits = fresh.flatMap(group => [...group.circuits.keys()])
    const own = new Set([...pairs].filter(pair => this.#options.appOf(usernameOf(pair)) !== undefined))
    this.#options.act({ type: 'close', circuits, pairs: own })
    this.tell(kind, apps, circuits.length)
  }

  /** Tell of a violation that is of no circuit, or whose circuits are closed. */
  tell(kind: Violation['kind'], apps: readonly AppId[], circuits: number): void {
    const violation = this.#verdict.violated({
      kind,
      at: this.#options.date(),
      apps: [...new Set(apps)].sort(),
      circuits,
    })
    if (violation !== undefined) this.#options.onViolation(violation)
  }

  #appsOf(pairs: Iterable<Pair>): readonly AppId[] {
    return [...pairs].flatMap(pair => this.#options.appOf(usernameOf(pair)) ?? [])
  }
}
