/** One look at the clocks. All in milliseconds. */
export interface ClockSample {
  /** How long the machine has been suspended since it booted. */
  readonly asleepMs: number
  /** Monotonic time, which stands still while the machine sleeps. */
  readonly now: number
}

/** A time in which nothing of ours ran. */
export interface Sleep {
  /** `suspended`: the machine slept. `frozen`: it ran, and we did not: stopped, or a virtual machine was paused. */
  readonly kind: 'suspended' | 'frozen'
  readonly ms: number
}

/** How often the clocks are looked at. */
export const SAMPLE_EVERY_MS = 2000

/** The two clocks are read one after the other; a real suspend takes seconds. */
const SUSPENDED_MS = 1000
/** A busy machine holds a process up for a second or two, and that is no sleep. Arbitrary. */
const FROZEN_MS = 5000

/**
 * Circuits do not survive a longer sleep: tor itself gives up its unused ones after a jump of so much
 * (NUM_JUMPED_SECONDS_BEFORE_NETSTATUS_UPDATE, 100 s in circuit_note_clock_jumped), but streams would hang on.
 */
const CIRCUITS_LIVE_MS = 100_000

/** Find a sleep between two looks that were wanted {@link SAMPLE_EVERY_MS} apart. The wall clock has no part in it. */
export function findSleep(before: ClockSample, after: ClockSample): Sleep | undefined {
  const asleep = after.asleepMs - before.asleepMs
  if (asleep >= SUSPENDED_MS) return { kind: 'suspended', ms: Math.round(asleep) }
  const late = after.now - before.now - SAMPLE_EVERY_MS
  return late >= FROZEN_MS ? { kind: 'frozen', ms: Math.round(late) } : undefined
}

/**
 * What is done after a sleep. `circuits`: tor is woken, and dead circuits are closed with the streams on them, which so
 * fail at once; time too is measured over new ones only. `health`: nobody's silence during the sleep counts, and all are
 * asked. `queue`: the parts are told, the clock doubts itself, and work goes on with the clock's job first (RESUME_ORDER).
 */
export type ResumeStep = 'circuits' | 'health' | 'queue'

/** Plan what follows a sleep, in order (DESIGN.md, time and the queue). Streams live through a short one. */
export const planResume = ({ ms }: Sleep): readonly ResumeStep[] =>
  ms >= CIRCUITS_LIVE_MS ? ['circuits', 'health', 'queue'] : ['health', 'queue']
