import type { PartName, RuntimeLayout } from '@cordon/shared/contracts'
import type { PartDriver } from './part-driver.ts'
import { askPart, isNobodyThere } from './part-health.ts'

/** Watch a part that a service manager or a container engine runs: look for it, ask it how it is, never signal it. */
export function driveWatchedPart(part: PartName, layout: RuntimeLayout): PartDriver {
  return async reporter => {
    const first = await askPart(part, layout)
    setImmediate(() => reporter.announce(first))
    let over = false
    const end = (detail: string): void => {
      if (over) return
      over = true
      reporter.exited(detail)
    }
    return {
      pid: null,
      check: async () => {
        const found = await askPart(part, layout).catch((thrown: unknown) => {
          if (isNobodyThere(thrown)) end('it is gone')
          throw thrown
        })
        if (!over) reporter.announce(found)
      },
      stop: () => setImmediate(() => end('left')),
      reload: () => {},
      kill: () => setImmediate(() => end('it does not answer')),
    }
  }
}
