import type { PartMessage } from '../../contracts/index.ts'

/** Tell the supervisor, if one started us, how this part is. */
export function announce(message: PartMessage): void {
  if (process.connected === true) process.send?.(message)
}

/** Call `stop` once when the supervisor has gone or asks us to end (SIGTERM, SIGINT). */
export function onStop(stop: () => void): void {
  let stopping = false
  const once = (): void => {
    if (stopping) return
    stopping = true
    stop()
  }
  process.once('disconnect', once)
  process.on('SIGTERM', once)
  process.on('SIGINT', once)
}
