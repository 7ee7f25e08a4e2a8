import type { Accuser } from './accuser.ts'
import { type CircuitGroup, pairsOf } from './circuit-table.ts'
import { type GroupFault, judgeGroup, type Knowledge } from './judge-group.ts'

export interface CircuitJudgeOptions {
  readonly accuser: Accuser
  readonly isOurs: Knowledge['isOurs']
  /** Ask tor for its guards, and give them to {@link CircuitJudge.learnGuards}. */
  askGuards(): void
}

/** Judges groups of circuits by the guards that are known, and asks for those that are not before it accuses. */
export class CircuitJudge {
  readonly #options: CircuitJudgeOptions
  /** Every relay that was a guard since tor was found: one that is dropped later still carries its circuits. */
  #guards: Set<string> | undefined
  /** Groups whose first hop is no known guard; tor is being asked. */
  readonly #suspects = new Set<CircuitGroup>()

  constructor(options: CircuitJudgeOptions) {
    this.#options = options
  }

  /** Fingerprints of the relays that may be first; undefined until tor was asked. */
  get guards(): ReadonlySet<string> | undefined {
    return this.#guards
  }

  judge(group: CircuitGroup): void {
    const { accuser, askGuards } = this.#options
    for (const fault of this.#faultsOf(group)) {
      if (fault !== 'unknown-guard') accuser.accuse(fault, [group], pairsOf(group))
      else if (!this.#suspects.has(group) && !accuser.hasAccused(group, fault)) {
        this.#suspects.add(group)
        askGuards()
      }
    }
  }

  /** Take in the guards that tor has chosen, and accuse whose first hop is still none of them. */
  learnGuards(fingerprints: readonly string[]): void {
    this.#guards ??= new Set()
    for (const fingerprint of fingerprints) this.#guards.add(fingerprint)
    const suspects = [...this.#suspects]
    this.#suspects.clear()
    for (const group of suspects)
      if (this.#faultsOf(group).includes('unknown-guard'))
        this.#options.accuser.accuse('unknown-guard', [group], pairsOf(group))
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#suspects.clear()
    this.#guards = undefined
  }

  #faultsOf(group: CircuitGroup): readonly GroupFault[] {
    return judgeGroup(group, { isOurs: this.#options.isOurs, guards: this.#guards })
  }
}
