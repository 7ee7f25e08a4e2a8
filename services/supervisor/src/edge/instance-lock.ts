import { rm } from 'node:fs/promises'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import {
  type DirectoryLock,
  lockDirectory,
  openPrivateDirectory,
  openSocketDirectory,
} from '@cordon/shared/runtime/edge'

/** The locks on the state and runtime directory of one instance. They go with the process, however that ends. */
export class InstanceLock {
  readonly #layout: RuntimeLayout
  readonly #locks: DirectoryLock[] = []

  constructor(layout: RuntimeLayout) {
    this.#layout = layout
  }

  /** Make both directories private and lock them, or throw a Fault with neither locked. */
  async take(stateDirectory: string): Promise<void> {
    try {
      const { access, directory, supervisorDirectory } = this.#layout
      await openSocketDirectory(this.#layout, supervisorDirectory)
      await openPrivateDirectory(stateDirectory)
      // In system mode the runtime directory is nobody's: each part has one of its own in it.
      const runtime = access === 'group' ? supervisorDirectory : directory
      for (const one of new Set([stateDirectory, runtime])) this.#locks.push(await lockDirectory(one))
    } catch (cause) {
      await this.release()
      throw cause
    }
  }

  /** Remove what killed parts could not remove themselves. Nobody else can be using it while we hold the lock. */
  async clean(): Promise<void> {
    // Parts that we did not start clean up after themselves.
    if (this.#layout.access === 'group') return
    for (const path of this.#layout.socketDirectories) await rm(path, { recursive: true, force: true })
  }

  async release(): Promise<void> {
    for (const lock of this.#locks.splice(0)) await lock.release()
  }
}
