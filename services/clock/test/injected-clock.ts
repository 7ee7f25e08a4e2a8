import type { ClockSetter } from '../src/edge/machine-clock.ts'

/** A clock that only a test sees: this machine's, shifted. Whoever sets it moves the shift, and never the machine. */
export class InjectedClock implements ClockSetter {
  readonly steps: number[] = []
  readonly slews: number[] = []
  #shiftMs: number

  constructor(shiftMs: number) {
    this.#shiftMs = shiftMs
  }

  /** How far it is ahead of the machine's. */
  get shiftMs(): number {
    return this.#shiftMs
  }

  read = (): number => Date.now() + this.#shiftMs

  mayNotSet(): string | undefined {
    return undefined
  }

  step(offsetMs: number): void {
    this.steps.push(offsetMs)
    this.#shiftMs += offsetMs
  }

  slew(offsetMs: number): void {
    this.slews.push(offsetMs)
  }
}
