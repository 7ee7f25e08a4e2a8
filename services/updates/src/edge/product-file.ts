import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import { readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge/atomic-file'
import Value from 'typebox/value'
import { EMPTY_MEMORY, PRODUCT_MEMORY, type ProductMemory } from '../verdict/index.ts'

/** TUF metadata of a large repository, in Base64. Arbitrary, and far above what is known. */
const MEMORY_MAX_BYTES = 67_108_864

/** What is remembered of one product, in one file: after a kill or on a full disk the old or the new one, whole. */
export class ProductFile {
  readonly #path: string

  constructor(directory: string, id: string) {
    this.#path = join(directory, `${id}.json`)
  }

  /**
   * Read it; nothing seen yet where there is none.
   *
   * A file that cannot be understood is a Fault `UPD_STATE_INVALID`: to begin anew would let a rollback pass unseen.
   */
  async load(): Promise<ProductMemory> {
    const content = await readFileBounded(this.#path, MEMORY_MAX_BYTES)
    if (content === undefined) return EMPTY_MEMORY
    const value = parse(content)
    if (Value.Check(PRODUCT_MEMORY, value)) return value
    throw new Fault('UPD_STATE_INVALID', `${this.#path} is damaged`, {
      where: 'host',
      retry: 'never',
      next: 'Restore it from a backup, or remove it and lose the memory of what was seen.',
    })
  }

  async save(memory: ProductMemory): Promise<void> {
    await writeFileAtomically(this.#path, `${JSON.stringify(memory)}\n`)
  }

  async forget(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
}
