import { systemCode } from '@cordon/shared/errors'
import { type AppMarks, findEscaped } from '../confine/own-instance.ts'
import type { ConfinedProcess } from './confined-process.ts'
import { readNetworkNamespace } from './host.ts'
import { say } from './say.ts'
import { seeProcesses } from './seen-processes.ts'

/** A program hands its work over in its first seconds, when it is opened, or never. Arbitrary. */
const LOOK_AGAIN_MS = 2000

/**
 * Look again and again for processes that do the work of the app outside its namespace, and end them.
 *
 * Only an app with a directory of its own leaves marks that are certain.
 */
export function watchEscapes({ pid }: ConfinedProcess, marks: AppMarks): Disposable {
  if (marks.ownDirectories.length === 0 || pid === undefined) return { [Symbol.dispose]: () => {} }
  const timer = setInterval(() => {
    const inside = readNetworkNamespace(pid)
    if (inside === undefined) return
    for (const { pid: escaped } of findEscaped(seeProcesses(), marks, inside)) {
      if (!kill(escaped)) continue
      say(`process ${escaped} did the work of this app outside its confinement, and was ended`)
    }
  }, LOOK_AGAIN_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Kill a process, and report whether it was there: it may have ended since it was seen. */
export function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (cause) {
    if (systemCode(cause) === 'ESRCH') return false
    throw cause
  }
}
