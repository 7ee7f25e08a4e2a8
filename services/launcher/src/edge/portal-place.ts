import { chmodSync, chownSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { layOutRuntime, type RuntimeLayout } from '@cordon/shared/contracts/runtime-layout'
import { type DirectoryLock, lockDirectory } from '@cordon/shared/runtime/edge/directory-lock'
import { formatPortalClosing } from '../lockdown/index.ts'
import { loadRules, type TableTools } from './lockdown-table.ts'
import { say } from './say.ts'
import type { User } from './users.ts'

/** Memory, and gone with the next start of the machine in any case. */
const PLACE = '/run/cordon-portal'

/** Where one login lives. */
export interface PortalPlace {
  readonly layout: RuntimeLayout
  /** What the browser keeps, and its home. */
  readonly stateDirectory: string
  /** Where a copy of what admits to the display may lie. */
  readonly displayAuthority: string
  remove(): Promise<void>
}

/** Make the one place, or throw a Fault `HOST_ALREADY_RUNNING` while another login is open. */
export async function openPlace(root: string, person: User, relayUid: number): Promise<PortalPlace> {
  const directory = join(root, PLACE)
  mkdirSync(directory, { recursive: true, mode: 0o711 })
  const lock = await lockDirectory(directory)
  const make = (path: string, uid: number, gid: number, mode: number): string => {
    mkdirSync(path)
    chownSync(path, uid, gid)
    // Besides the umask of whoever called sudo.
    chmodSync(path, mode)
    return path
  }
  chmodSync(directory, 0o711)
  const layout = layOutRuntime(make(join(directory, 'r'), 0, 0, 0o711))
  for (const path of [layout.gatewayDirectory, layout.appsDirectory, layout.dnsDirectory]) {
    make(path, relayUid, relayUid, 0o711)
  }
  return {
    layout,
    stateDirectory: make(join(directory, 's'), person.uid, person.gid, 0o700),
    displayAuthority: join(directory, 'authority'),
    remove: () => removeLocked(directory, lock),
  }
}

/** The lock goes last: until then nobody else begins. */
async function removeLocked(directory: string, lock: DirectoryLock): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  await lock.release()
}

/** Remove what a login left behind that was killed. One that is open is left alone. */
export async function removeLeftover(tools: TableTools, root: string): Promise<void> {
  const directory = join(root, PLACE)
  if (!existsSync(directory)) return
  const lock = await lockDirectory(directory).catch(() => undefined)
  if (lock === undefined) return
  closePortal(tools)
  await removeLocked(directory, lock)
  say('a login at a portal that was killed is tidied away')
}

/** Let nobody out any more. The kernel does it by itself when the time is over; without a table nobody is let out. */
export function closePortal(tools: TableTools): void {
  try {
    loadRules(tools, formatPortalClosing())
  } catch {
    // The table is gone: somebody turned lockdown off meanwhile.
  }
}
