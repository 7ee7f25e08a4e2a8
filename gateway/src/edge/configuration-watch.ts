import { type StatsBase, unwatchFile, watchFile } from 'node:fs'

/** How often the file is looked at. Editors replace files, which inotify on the old one does not see; stat(2) does. */
const LOOK_INTERVAL_MS = 1000

/** Call `changed` when the file is replaced, changed, made or removed; return how to stop that. */
export function watchConfiguration(path: string, changed: () => void): () => void {
  const look = (now: StatsBase<number>, before: StatsBase<number>): void => {
    // Node calls once for a file that is not there and was not: nothing has changed (both times are 0).
    if (now.ctimeMs !== before.ctimeMs || now.ino !== before.ino) changed()
  }
  watchFile(path, { interval: LOOK_INTERVAL_MS, persistent: false }, look)
  return () => unwatchFile(path, look)
}
