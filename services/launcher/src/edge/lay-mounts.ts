import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Outfit } from '../confine/inside-message.ts'
import { mount, unmount } from './system-calls.ts'

/** Exists everywhere, and a confined program sees another one. */
const STAGE = '/tmp'

/** What could be mounted, and the files that could not be put in place and must be otherwise. */
interface Laid {
  readonly sysfs: boolean
  readonly files: readonly { readonly path: string; readonly content: string }[]
}

/** Mount what bwrap cannot, in the mount namespace that we are in. */
export function layMounts({ nameServiceFiles }: Pick<Outfit, 'nameServiceFiles'>): Laid {
  const isOverlaid = attempt(() => overlayEtc(nameServiceFiles))
  return {
    // A sysfs of this network namespace: the host's shows its interfaces and their addresses.
    sysfs: attempt(() => mount('sysfs', '/sys', '', true)),
    files: isOverlaid ? [] : nameServiceFiles.map(({ realPath, content }) => ({ path: realPath, content })),
  }
}

/**
 * Lay our files over those of /etc, as a layer of its own.
 *
 * A mount on the file itself would vanish when a DHCP client renames a new resolv.conf over it.
 */
function overlayEtc(files: Outfit['nameServiceFiles']): void {
  mount('tmpfs', STAGE, 'mode=0755')
  try {
    const layer = join(STAGE, 'etc')
    mkdirSync(layer)
    for (const { path, content } of files) writeFileSync(join(layer, basename(path)), content, { mode: 0o644 })
    if (!existsSync('/etc')) throw new Error('there is no /etc')
    mount('overlay', '/etc', `lowerdir=${layer}:/etc`)
  } finally {
    unmount(STAGE)
  }
}

function attempt(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false // containers forbid some mounts: there is a second way for each, and none that shows more
  }
}
