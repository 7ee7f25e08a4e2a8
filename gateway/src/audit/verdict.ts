import type { AppId } from '@cordon/shared/isolation'
import type { Drift } from './find-drift.ts'
import type { GroupFault } from './judge-group.ts'

/** A promise that was seen broken. It names no destination, no circuit and no relay. */
export interface Violation {
  /**
   * `shared`: one circuit carried two isolation keys. `too-short`, `unknown-guard`: a path that is no path of ours.
   * `foreign-stream`: somebody else used an app's credentials. `reused-key`: the gateway sent one pair for two keys.
   * `not-isolating`: tor says that it keeps nobody apart.
   */
  readonly kind: GroupFault | 'foreign-stream' | 'reused-key' | 'not-isolating'
  /** Wall time, RFC 3339. */
  readonly at: string
  readonly apps: readonly AppId[]
  /** How many circuits were closed for it. */
  readonly circuits: number
}

/** A violation that a person has acknowledged: it stands no longer, and goes on being told. */
export interface PastViolation extends Violation {
  /** Wall time, RFC 3339. */
  readonly acknowledgedAt: string
}

/** What the audit says, in all. */
export interface AuditView extends AuditCounts {
  readonly verdict: 'held' | 'breached' | 'unknown'
  /** When this verdict began. For `held`: everything was seen from then on. */
  readonly since: string
  /** Why it is unknown, in sentences; empty otherwise. */
  readonly reasons: readonly string[]
  /** Streams with an app's credentials that the gateway did not ask for. */
  readonly streamsUnmatched: number
  /** Streams that tor opened for the gateway and never told of. */
  readonly streamsUntold: number
  /** Groups of circuits in use that are older than the view. */
  readonly circuitsOlder: number
  /** How often the view of tor was lost. */
  readonly gaps: number
  /** The first ones that stand, at most {@link KEPT_VIOLATIONS}. */
  readonly violations: readonly Violation[]
  /** The newest ones that were acknowledged, at most {@link KEPT_VIOLATIONS}. */
  readonly past: readonly PastViolation[]
  /** How many were acknowledged in all. */
  readonly violationsPast: number
  /** How many there were in all. */
  readonly violationsSeen: number
  readonly drift: readonly string[]
}

/** What the auditor counts, since the gateway started. */
export interface AuditCounts {
  readonly streamsOpened: number
  readonly streamsSeen: number
  readonly circuitsSeen: number
}

/** The first say what happened; a tor that goes on breaking its word must not fill memory. Arbitrary. */
const KEPT_VIOLATIONS = 100

/** Reasons that are not known by a number. */
const REASONS = {
  away: 'the control connection to tor is not up',
  unchecked: "tor's configuration has not been looked at yet",
} as const

/** Judges from all that was learnt: *breached* until a person acknowledges it, *unknown* while anything is, else *held*. */
export class Verdict {
  readonly #date: () => string
  readonly #onChange: (view: AuditView) => void
  #violations: readonly Violation[] = []
  #violationsSeen = 0
  #past: readonly PastViolation[] = []
  #violationsPast = 0
  #isFound = false
  #isChecked = false
  #doubt: string | undefined
  #drift: readonly Drift[] = []
  #older = 0
  #gaps = 0
  #unmatched = 0
  #untold = 0
  #since: string
  #last = 'unknown'
  #counts: AuditCounts = { streamsOpened: 0, streamsSeen: 0, circuitsSeen: 0 }

  constructor(date: () => string, onChange: (view: AuditView) => void) {
    this.#date = date
    this.#onChange = onChange
    this.#since = date()
    this.#last = this.#summary()
  }

  view(counts: AuditCounts): AuditView {
    this.#counts = counts
    return {
      verdict: this.#verdict,
      since: this.#since,
      reasons: this.#verdict === 'unknown' ? this.#reasons() : [],
      ...counts,
      streamsUnmatched: this.#unmatched,
      streamsUntold: this.#untold,
      circuitsOlder: this.#older,
      gaps: this.#gaps,
      violations: this.#violations,
      past: this.#past,
      violationsPast: this.#violationsPast,
      violationsSeen: this.#violationsSeen,
      drift: this.#drift.map(({ what }) => what),
    }
  }

  /** `refuse` lets nothing pass that is not certain; whatever the setting, a tor that keeps nobody apart gets nothing. */
  mayOpen(whileUnknown: 'serve' | 'refuse'): boolean {
    if (this.breaksIsolation) return false
    return whileUnknown === 'serve' || this.#verdict === 'held'
  }

  found(): void {
    this.#isFound = true
    this.#doubt = undefined
    this.#changed()
  }

  lost(): void {
    if (this.#isFound) this.#gaps += 1
    this.#isFound = false
    this.#isChecked = false
    this.#older = 0
    this.#changed()
  }

  doubt(why: string): void {
    this.#doubt = why
    this.#changed()
  }

  checked(drift: readonly Drift[]): void {
    this.#isChecked = true
    this.#drift = drift
    this.#changed()
  }

  get hasOlder(): boolean {
    return this.#older > 0
  }

  older(count: number): void {
    this.#older = count
    this.#changed()
  }

  unmatched(): void {
    this.#unmatched += 1
  }

  untold(count: number): void {
    this.#untold += count
    this.doubt('tor opened streams and did not tell of them')
  }

  /** Keep a violation, and return it if it is news: what only says again that tor keeps nobody apart is not. */
  violated(violation: Violation): Violation | undefined {
    // Of the violations that stand alone: what was acknowledged and is so again is news.
    const isSaid = violation.kind === 'not-isolating' && this.#violations.some(({ kind }) => kind === 'not-isolating')
    if (isSaid) return undefined
    this.#violationsSeen += 1
    if (this.#violations.length < KEPT_VIOLATIONS) this.#violations = [...this.#violations, violation]
    this.#changed()
    return violation
  }

  /**
   * A person has seen all violations: they stand no longer. Give how many there were.
   *
   * `sayAgain` must tell of those that are still so: between the two nothing is said of a verdict.
   */
  acknowledge(sayAgain: () => void): number {
    const acknowledgedAt = this.#date()
    const count = this.#violationsSeen - this.#violationsPast
    const past = this.#violations.map(violation => ({ ...violation, acknowledgedAt }))
    this.#past = [...this.#past, ...past].slice(-KEPT_VIOLATIONS)
    this.#violationsPast = this.#violationsSeen
    this.#violations = []
    sayAgain()
    this.#changed()
    return count
  }

  /** Whether tor says that it keeps nobody apart. */
  get breaksIsolation(): boolean {
    return this.#drift.some(({ breaksIsolation }) => breaksIsolation)
  }

  get #verdict(): AuditView['verdict'] {
    if (this.#violationsSeen > this.#violationsPast) return 'breached'
    return this.#reasons().length > 0 ? 'unknown' : 'held'
  }

  #reasons(): readonly string[] {
    if (!this.#isFound) return [REASONS.away]
    const older = this.#older
    return [
      ...(this.#doubt === undefined ? [] : [this.#doubt]),
      ...(this.#isChecked ? [] : [REASONS.unchecked]),
      ...this.#drift.map(({ what }) => what),
      ...(older === 0 ? [] : [`what ${older} of the circuits in use carried before they were seen is not known`]),
    ]
  }

  #summary(): string {
    return [this.#verdict, ...this.#reasons()].join('\n')
  }

  #changed(): void {
    const now = this.#summary()
    if (now === this.#last) return
    const before = this.#last.split('\n', 1)[0]
    this.#last = now
    if (before !== this.#verdict) this.#since = this.#date()
    this.#onChange(this.view(this.#counts))
  }
}
