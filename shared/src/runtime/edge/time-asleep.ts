import koffi from 'koffi'

const libc = koffi.load('libc.so.6')
const rawClockGetTime = libc.func('int clock_gettime(int, _Out_ void *)')

const CLOCK_MONOTONIC = 1
const CLOCK_BOOTTIME = 7

/**
 * Read how long this machine has been suspended since it booted, in milliseconds.
 *
 * CLOCK_BOOTTIME counts while the machine sleeps and CLOCK_MONOTONIC does not (clock_gettime(2)); a step of the wall
 * clock shows in neither.
 */
export const readTimeAsleep = (): number => readClock(CLOCK_BOOTTIME) - readClock(CLOCK_MONOTONIC)

function readClock(clock: number): number {
  const time = Buffer.alloc(16) // struct timespec: seconds, nanoseconds
  rawClockGetTime(clock, time)
  return Number(time.readBigInt64LE(0)) * 1000 + Number(time.readBigInt64LE(8)) / 1e6
}
