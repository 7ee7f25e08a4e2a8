import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Editors write a file in several steps; the last of them is the one to read. Arbitrary. */
const SETTLE_MS = 200

/** Tells of changes of the files that a person configures Cordon with. */
export class ConfigurationWatch {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #onChange: () => void
  #settling: NodeJS.Timeout | undefined

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Watch these files, whether they are there or not, and no others. */
  follow(paths: readonly string[]): void {
    const wanted = new Set(paths)
    for (const [path, watcher] of this.#watchers) {
      if (wanted.has(path)) continue
      watcher.close()
      this.#watchers.delete(path)
    }
    for (const path of wanted) if (!this.#watchers.has(path)) this.#watch(path)
  }

  close(): void {
    clearTimeout(this.#settling)
    this.follow([])
  }

  #watch(path: string): void {
    try {
      // The directory and not the file: editors replace the file.
      const watcher = watch(dirname(path), (_, name) => {
        if (name !== basename(path)) return
        clearTimeout(this.#settling)
        this.#settling = setTimeout(this.#onChange, SETTLE_MS)
      })
      watcher.on('error', () => {}) // SIGHUP still works
      this.#watchers.set(path, watcher)
    } catch {
      // There is no such directory yet; SIGHUP still works.
    }
  }
}
