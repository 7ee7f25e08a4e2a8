import { join } from 'node:path'
import { readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge'
import { EMPTY_REGISTRY, formatRegistry, parseRegistry, REGISTRY_MAX_BYTES, type Registry } from '../apps/index.ts'

/** The registry of apps on disk. */
export class RegistryFile {
  readonly #path: string

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'apps.json')
  }

  /** Read it; a new installation has an empty one. Damage is a Fault, never an empty registry. */
  async read(): Promise<Registry> {
    const bytes = await readFileBounded(this.#path, REGISTRY_MAX_BYTES)
    return bytes === undefined ? EMPTY_REGISTRY : parseRegistry(bytes.toString('utf8'), this.#path)
  }

  /** Replace it whole. */
  async write(registry: Registry): Promise<void> {
    await writeFileAtomically(this.#path, formatRegistry(registry))
  }
}
