import { monotonicNow, readTimeAsleep } from '@cordon/shared/runtime/edge'
import { type ClockSample, findSleep, SAMPLE_EVERY_MS, type Sleep } from '../lifecycle/index.ts'

/** Calls `onWake` when the machine or we ourselves have slept. */
export class SleepWatch {
  readonly #timer: NodeJS.Timeout
  #last: ClockSample = sample()

  constructor(onWake: (sleep: Sleep) => void) {
    this.#timer = setInterval(() => {
      const now = sample()
      const sleep = findSleep(this.#last, now)
      this.#last = now
      if (sleep !== undefined) onWake(sleep)
    }, SAMPLE_EVERY_MS)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

const sample = (): ClockSample => ({ asleepMs: readTimeAsleep(), now: monotonicNow() })
