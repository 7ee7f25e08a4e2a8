import { readFileSync } from 'node:fs'
import koffi from 'koffi'
import { Fault } from '../../errors/index.ts'

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

/** Report whether this process has the capability to set the clock. In a container the kernel may not count it. */
export function maySetClock(): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
  return ((BigInt(`0x${capabilities ?? '0'}`) >> CAP_SYS_TIME) & 1n) === 1n
}

/** Move the wall clock of this machine by that much at once, or throw a Fault `CLK_NOT_PERMITTED`. */
export function stepClock(offsetMs: number): void {
  adjust(timex => {
    // The fraction must not be negative: -0.3 s is -1 s and 0.7 s.
    const seconds = Math.floor(offsetMs / 1000)
    timex.writeUInt32LE(ADJ_SETOFFSET_NANO, MODES)
    timex.writeBigInt64LE(BigInt(seconds), SECONDS)
    timex.writeBigInt64LE(BigInt(Math.floor((offsetMs - seconds * 1000) * 1e6)), FRACTION)
  })
}

/**
 * Let the kernel run the wall clock faster or slower, by 500 ppm, until that much is made up. Throws a Fault
 * `CLK_NOT_PERMITTED`.
 */
export function slewClock(offsetMs: number): void {
  adjust(timex => {
    timex.writeUInt32LE(ADJ_OFFSET_SINGLESHOT, MODES)
    timex.writeBigInt64LE(BigInt(Math.round(offsetMs * 1000)), OFFSET)
  })
}

function adjust(fill: (timex: Buffer) => void): void {
  const timex = Buffer.alloc(TIMEX_BYTES)
  fill(timex)
  if (rawAdjtimex(timex) >= 0) return
  throw new Fault('CLK_NOT_PERMITTED', 'the kernel does not let this process set the clock', {
    where: 'host',
    retry: 'never',
    next: 'Let chrony take the samples, give the clock service CAP_SYS_TIME, or set the clock as root.',
  })
}
