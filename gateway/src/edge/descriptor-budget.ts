import { readFileSync } from 'node:fs'

/** Descriptors that are not streams: listeners, logs, control connection, admin clients, files. Arbitrary. */
const RESERVE = 256

/**
 * Read how many streams this process can hold, at two descriptors each.
 *
 * Node raises the soft limit to the hard one when it starts, so the limit that is read is the best there is.
 */
export function readStreamBudget(): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
  return Math.max(1, Math.floor((Number(soft ?? 1024) - RESERVE) / 2))
}
