import { performance } from 'node:perf_hooks'

/** Read the monotonic clock, in milliseconds since this process started. Steps of the wall clock do not show. */
export const monotonicNow = (): number => performance.now()

/**
 * Call `late` after `ms` milliseconds, and return what calls it off.
 *
 * What has come by then is read first: after a process stood still (SIGSTOP, a machine under load), its timers go off
 * before its sockets are looked at, and an answer that came long ago would count as none.
 */
export function startDeadline(ms: number, late: () => void): () => void {
  let turn: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    turn = setImmediate(late)
  }, ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(turn)
  }
}

/**
 * Settle as `promise` does, or reject with `late()` after `ms` milliseconds, as {@link startDeadline} counts them. What
 * `promise` does later is ignored.
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const callOff = startDeadline(ms, () => reject(late()))
  try {
    return await Promise.race([promise, deadline])
  } finally {
    callOff()
  }
}
