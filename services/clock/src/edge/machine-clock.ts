import { readFileSync } from 'node:fs'
import { Fault } from '@cordon/shared/errors'
import koffi from 'koffi'

/** Moves the clock of this machine. The only thing that does; tests bring their own. */
export interface ClockSetter {
  /** Say why it is not worth trying; undefined if it is. */
  mayNotSet(): string | undefined
  /** Move the clock by that much at once. Throws a Fault `CLK_NOT_PERMITTED`. */
  step(offsetMs: number): void
  /** Let the kernel run the clock faster or slower (500 ppm) until that much is made up. Throws likewise. */
  slew(offsetMs: number): void
}

const libc = koffi.load('libc.so.6')
const rawAdjtimex = libc.func('int adjtimex(_Inout_ void *)')

/** `struct timex` of a 64-bit Linux (adjtimex(2)): sizes and places of what is used. */
const TIMEX_BYTES = 208
const MODES = 0
const OFFSET = 8
const SECONDS = 72
const FRACTION = 80
/** Add `time` to the clock, with nanoseconds in place of microseconds. */
const ADJ_SETOFFSET_NANO = 0x0100 | 0x2000
/** What adjtime(3) does: slew by `offset` microseconds. */
const ADJ_OFFSET_SINGLESHOT = 0x8001
/** capabilities(7). */
const CAP_SYS_TIME = 25n

function adjust(fill: (timex: Buffer) => void): void {
  const timex = Buffer.alloc(TIMEX_BYTES)
  fill(timex)
  if (rawAdjtimex(timex) >= 0) return
  throw new Fault('CLK_NOT_PERMITTED', 'the kernel does not let Cordon set the clock', {
    where: 'host',
    retry: 'never',
    next: 'Give it CAP_SYS_TIME, let chrony take its samples, or set the clock as root.',
  })
}

/** The clock of this machine, by adjtimex(2). */
export const MACHINE_CLOCK: ClockSetter = {
  mayNotSet: () => {
    const capabilities = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
    return (BigInt(`0x${capabilities ?? '0'}`) >> CAP_SYS_TIME) & 1n
      ? undefined
      : 'Cordon may not set the clock (it has no CAP_SYS_TIME), and no chrony takes its samples'
  },
  step: offsetMs =>
    adjust(timex => {
      // The fraction must not be negative: -0.3 s is -1 s and 0.7 s.
      const seconds = Math.floor(offsetMs / 1000)
      timex.writeUInt32LE(ADJ_SETOFFSET_NANO, MODES)
      timex.writeBigInt64LE(BigInt(seconds), SECONDS)
      timex.writeBigInt64LE(BigInt(Math.floor((offsetMs - seconds * 1000) * 1e6)), FRACTION)
    }),
  slew: offsetMs =>
    adjust(timex => {
      timex.writeUInt32LE(ADJ_OFFSET_SINGLESHOT, MODES)
      timex.writeBigInt64LE(BigInt(Math.round(offsetMs * 1000)), OFFSET)
    }),
}
