// Plain JavaScript, read by old Nodes too: no name of Node 24 may be imported by name.
import { lstatSync, mkdirSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Keep compiled sources in the user's cache directory: half of a short command is compiling.
 *
 * What lies there is run as code, so it is used only where nobody but this user and root can put anything. Under sudo
 * with another user's HOME it is not.
 */
export function keepCompiled() {
  const { XDG_CACHE_HOME = '' } = process.env
  try {
    const caches = XDG_CACHE_HOME.startsWith('/') ? XDG_CACHE_HOME : join(homedir(), '.cache')
    const directory = join(caches, 'cordon')
    if (!isSafe(dirname(caches))) return
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (isSafe(caches) && isSafe(directory)) module.enableCompileCache(directory)
  } catch {
    // No home, or a read-only one: everything works without, a little slower.
  }
}

function isSafe(path) {
  const { uid, mode } = lstatSync(path)
  const isOurs = uid === process.geteuid() || uid === 0
  const STICKY = 0o1000
  return isOurs && ((mode & 0o022) === 0 || (mode & STICKY) !== 0)
}
