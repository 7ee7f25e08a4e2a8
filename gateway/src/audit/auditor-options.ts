import type { AppId } from '@cordon/shared/isolation'
import type { CircuitId } from '@cordon/shared/tor-control'
import type { Pair } from './pair.ts'
import type { AuditView, Violation } from './verdict.ts'

/** What must be done about what was seen. */
export type AuditAction =
  /** Close these circuits, and every stream that was sent with these pairs. */
  | { readonly type: 'close'; readonly circuits: readonly CircuitId[]; readonly pairs: ReadonlySet<Pair> }
  /** Ask tor for its guards, and give them to {@link Auditor.learnGuards}. */
  | { readonly type: 'ask-guards' }
  /** Something was not told: drop the connection and ask for everything anew. */
  | { readonly type: 'start-over' }

export interface AuditorOptions {
  /** Monotonic ms. */
  now(): number
  /** Wall time, RFC 3339: for people to read, never to compute with. */
  date(): string
  /** Name the app whose tag a user name is. */
  appOf(username: string): AppId | undefined
  /** Called with what must be done, at once. */
  act(action: AuditAction): void
  /** Called for each violation, once. */
  onViolation(violation: Violation): void
  /** Called when verdict or reasons have changed. */
  onVerdict(view: AuditView): void
}
