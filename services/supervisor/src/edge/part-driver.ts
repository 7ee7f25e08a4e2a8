import type { PartMessage, PartNotice } from '@cordon/shared/contracts'
import type { LogLevel } from '../lifecycle/index.ts'

/** What a driver tells the supervisor of its part. */
export interface PartReporter {
  announce(message: PartMessage): void
  /** Called once, when nothing of the part runs any more. `detail` says how it ended. */
  exited(detail: string): void
  log(level: LogLevel, text: string): void
}

/** A part that was started. */
export interface RunningPart {
  /** Null for a part that somebody else runs. */
  readonly pid: number | null
  /** Tell it that the machine slept, if that concerns it. */
  resumed?(sleep: Omit<PartNotice, 'type'>): void
  /** Ask it to end. */
  stop(): void
  /** Ask it whether it lives: settles with its answer, rejects if it cannot be asked, stays open while it is silent. */
  check(): Promise<void>
  /** Let it read its configuration again. */
  reload(): void
  /** End it without asking. */
  kill(): void
}

/** Starts one part. A Fault with retry `never` means that no further start will help. */
export type PartDriver = (reporter: PartReporter) => Promise<RunningPart>
