import type { PartName, RuntimeLayout } from '@cordon/shared/contracts'
import { systemCode } from '@cordon/shared/errors'
import type { PartDriver } from './part-driver.ts'
import { askPart } from './part-health.ts'

/** What connect(2) says where nobody listens. */
const NOBODY: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED'])

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
          if (NOBODY.has(systemCode(thrown))) end('it is gone')
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
