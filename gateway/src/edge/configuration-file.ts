import { type StatsBase, unwatchFile, watchFile } from 'node:fs'
import { CONFIGURATION_MAX_BYTES, type Configuration, parseConfiguration } from '@cordon/shared/contracts'
import { readFileBounded } from '@cordon/shared/runtime/edge'

/** How often the file is looked at. Editors replace files, which inotify on the old one does not see; stat(2) does. */
const LOOK_INTERVAL_MS = 1000

/** Read the configuration; no file is an empty one. Throws a Fault that names every mistake. */
export async function readConfiguration(path: string): Promise<Configuration> {
  const bytes = await readFileBounded(path, CONFIGURATION_MAX_BYTES)
  return bytes === undefined ? {} : parseConfiguration(bytes.toString('utf8'), path)
}

/** Call `changed` when the file is replaced, changed, made or removed, and on SIGHUP; return how to stop that. */
export function watchConfiguration(path: string, changed: () => void): () => void {
  const look = (now: StatsBase<number>, before: StatsBase<number>): void => {
    // Node calls once for a file that is not there and was not: nothing has changed (both times are 0).
    if (now.ctimeMs !== before.ctimeMs || now.ino !== before.ino) changed()
  }
  watchFile(path, { interval: LOOK_INTERVAL_MS, persistent: false }, look)
  process.on('SIGHUP', changed)
  return () => {
    unwatchFile(path, look)
    process.off('SIGHUP', changed)
  }
}
