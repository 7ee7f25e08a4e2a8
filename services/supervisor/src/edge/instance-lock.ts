import { rm } from 'node:fs/promises'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import { type DirectoryLock, lockDirectory, openPrivateDirectory } from '@cordon/shared/runtime/edge'

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
      for (const directory of new Set([stateDirectory, this.#layout.directory])) {
        await openPrivateDirectory(directory)
        this.#locks.push(await lockDirectory(directory))
      }
    } catch (cause) {
      await this.release()
      throw cause
    }
  }

  /** Remove what killed parts could not remove themselves. Nobody else can be using it while we hold the lock. */
  async clean(): Promise<void> {
    const { gatewaySocket, supervisorSocket, appsDirectory, torDirectory, redisDirectory } = this.#layout
    for (const path of [gatewaySocket, supervisorSocket, appsDirectory, torDirectory, redisDirectory]) {
      await rm(path, { recursive: true, force: true })
    }
  }

  async release(): Promise<void> {
    for (const lock of this.#locks.splice(0)) await lock.release()
  }
}
