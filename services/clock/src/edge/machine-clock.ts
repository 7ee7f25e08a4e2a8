import { maySetClock, slewClock, stepClock } from '@cordon/shared/runtime/edge'

/** Moves a clock. Everything that does goes through here; tests bring their own. */
export interface ClockSetter {
  /** Say why it is not worth trying; undefined if it is. */
  mayNotSet(): string | undefined
  /** Move the clock by that much at once. Throws a Fault `CLK_NOT_PERMITTED`. */
  step(offsetMs: number): void
  /** Let it run faster or slower until that much is made up. Throws likewise. */
  slew(offsetMs: number): void
}

/** The clock of this machine. */
export const MACHINE_CLOCK: ClockSetter = {
  mayNotSet: () =>
    maySetClock()
      ? undefined
      : 'Cordon may not set the clock (it has no CAP_SYS_TIME), and no chrony takes its samples',
  step: stepClock,
  slew: slewClock,
}
