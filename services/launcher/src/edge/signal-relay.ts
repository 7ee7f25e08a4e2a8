import { FROM_KEYS, isForeground, PASSED_ON } from '../confine/signals.ts'
import type { ConfinedProcess } from './confined-process.ts'
import { readKernelFile } from './host.ts'

/**
 * Pass signals that the launcher gets on to the program, which is deep in namespaces where nobody else would find it.
 *
 * Those of keys reach the whole foreground group by themselves; the launcher only must not die of them.
 */
export function passSignalsOn(confined: ConfinedProcess): void {
  for (const signal of PASSED_ON) {
    process.on(signal, () => {
      if (FROM_KEYS.has(signal) && isForeground(readKernelFile('/proc/self/stat') ?? '')) return
      const target = findProgram(confined)
      if (target === undefined) return
      try {
        process.kill(target, signal)
      } catch {
        // It has ended meanwhile, which is told by its end.
      }
    })
  }
}

/** The program is the child of process 1 of its namespace; before it is there, the process that becomes it is told. */
function findProgram({ innerInit, pid }: ConfinedProcess): number | undefined {
  const children = readKernelFile(`/proc/${innerInit}/task/${innerInit}/children`)
  const [first] = (children ?? '').trim().split(' ')
  return first === undefined || first === '' ? pid : Number(first)
}
