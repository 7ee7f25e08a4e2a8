import type { PartDefinition } from './parts.ts'

/** How often a part is asked whether it lives. */
export const ASK_EVERY_MS = 2000

/** One missed question may be a busy moment of the machine; after this a part is no longer called ready. */
export const SILENT_AFTER_MS = 3500

/** Until its first answer a part loads its sources, and a busy machine takes its time. Arbitrary. */
export const FIRST_ANSWER_MS = 60_000

/** A supervisor that wakes so much too late was held up itself, and so may have been the answers. */
export const HELD_UP_MS = 1500

/** Until when a part is believed to live: as it starts, and as it answers. Monotonic milliseconds. */
export const believedAtStart = (now: number): number => now + FIRST_ANSWER_MS
export const believedAfterAnswer = ({ watchdogMs }: PartDefinition, now: number): number => now + watchdogMs

/** Since when a part that was ready is called silent. */
export const silentFrom = ({ watchdogMs }: PartDefinition, believedUntil: number): number =>
  believedUntil - watchdogMs + SILENT_AFTER_MS
