import { performance } from 'node:perf_hooks'

/** Read the monotonic clock, in milliseconds since this process started. Steps of the wall clock do not show. */
export const monotonicNow = (): number => performance.now()

/** Settle as `promise` does, or reject with `late()` after `ms` milliseconds. What `promise` does later is ignored. */
export async function withDeadline<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
