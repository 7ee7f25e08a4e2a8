import { monotonicNow, readTimeAsleep } from '@cordon/shared/runtime/edge'
import { type ClockSample, findSleep, SAMPLE_EVERY_MS, type Sleep } from '../lifecycle/index.ts'

/** Calls `onWake` when the machine or we ourselves have slept. */
export class SleepWatch {
  readonly #timer: NodeJS.Timeout
  #last: ClockSample

  /** `readClocks` is read every {@link SAMPLE_EVERY_MS}. */
  constructor(readClocks: () => ClockSample, onWake: (sleep: Sleep) => void) {
    this.#last = readClocks()
    this.#timer = setInterval(() => {
      const now = readClocks()
      const sleep = findSleep(this.#last, now)
      this.#last = now
      if (sleep !== undefined) onWake(sleep)
    }, SAMPLE_EVERY_MS)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/** Read both clocks of this machine. */
export const readClocks = (): ClockSample => ({ asleepMs: readTimeAsleep(), now: monotonicNow() })
