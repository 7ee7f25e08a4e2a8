import koffi from 'koffi'
import { readAtOnce } from '../read-at-once.ts'

const libc = koffi.load('libc.so.6')
const rawClockGetTime = libc.func('int clock_gettime(int, _Out_ void *)')

/**
 * The clocks of clock_gettime(2). `wall`: what people call the time; it is stepped and slewed. `monotonic`: slewed,
 * never stepped. `raw`: the bare oscillator, which nobody disciplines. `boot`: monotonic, and counts while the machine
 * sleeps, which the two before do not.
 */
const CLOCKS = { wall: 0, monotonic: 1, raw: 4, boot: 7 } as const

/** Read one of this machine's clocks, in milliseconds with a fraction. The wall clock counts from 1970. */
export function readSystemClock(clock: keyof typeof CLOCKS): number {
  const time = Buffer.alloc(16) // struct timespec: seconds, nanoseconds
  rawClockGetTime(CLOCKS[clock], time)
  return Number(time.readBigInt64LE(0)) * 1000 + Number(time.readBigInt64LE(8)) / 1e6
}

/**
 * Read how long this machine has been suspended since it booted, in milliseconds. A step of the wall clock does not
 * show.
 */
export const readTimeAsleep = (): number =>
  readClocksAtOnce(() => readSystemClock('boot') - readSystemClock('monotonic'))

/** Read several clocks as of one moment, whatever holds this process up between them. */
export const readClocksAtOnce = <T>(read: () => T): T => readAtOnce(read, () => readSystemClock('boot'))
