import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Editors write a file in several steps; the last of them is the one to read. Arbitrary. */
const SETTLE_MS = 200

/** Tells of changes of the configuration file and of the torrc additions beside it. */
export class ConfigurationWatch {
  #watcher: FSWatcher | undefined
  #settling: NodeJS.Timeout | undefined

  constructor(configurationFile: string, onChange: () => void) {
    try {
      // The directory and not the file: editors replace the file.
      this.#watcher = watch(dirname(configurationFile), (_, name) => {
        if (name !== basename(configurationFile) && name !== 'torrc') return
        clearTimeout(this.#settling)
        this.#settling = setTimeout(onChange, SETTLE_MS)
      })
      this.#watcher.on('error', () => {}) // SIGHUP still works
    } catch {
      // There is no such directory yet; SIGHUP still works.
    }
  }

  close(): void {
    clearTimeout(this.#settling)
    this.#watcher?.close()
  }
}
