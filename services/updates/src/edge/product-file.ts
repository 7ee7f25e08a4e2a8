import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, systemCode } from '@cordon/shared/errors'
import { SerialQueue } from '@cordon/shared/runtime'
import { readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge/atomic-file'
import { fits } from '@cordon/shared/schema'
import { EMPTY_MEMORY, PRODUCT_MEMORY, type ProductMemory } from '../verdict/index.ts'
import { refuse } from '../verify/index.ts'

/** TUF metadata of a large repository, in Base64. Arbitrary, and far above what is known. */
const MEMORY_MAX_BYTES = 67_108_864

/** What is remembered of one product, in one file: after a kill or on a full disk the old or the new one, whole. */
export class ProductFile {
  readonly #path: string
  /** Checks, the schedule and a person write here, and a file of ours has one writer at a time. */
  readonly #changes = new SerialQueue()

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
    if (fits(PRODUCT_MEMORY, value)) return value
    throw new Fault('UPD_STATE_INVALID', `${this.#path} is damaged`, {
      where: 'host',
      retry: 'never',
      next: 'Restore it from a backup, or remove it and lose the memory of what was seen.',
    })
  }

  /**
   * Replace it by what `make` gives when its turn has come, or throw a Fault; `keep` is told before the next turn. What
   * could not be read again is not written: it would be damage at the next start.
   */
  async change(make: () => ProductMemory, keep: (memory: ProductMemory) => void): Promise<void> {
    await this.#changes.run(async () => {
      const memory = make()
      const text = `${JSON.stringify(memory)}\n`
      if (Buffer.byteLength(text) > MEMORY_MAX_BYTES || !fits(PRODUCT_MEMORY, memory)) {
        throw refuse('UPD_MALFORMED', 'the source says more than is kept of a product')
      }
      await writeFileAtomically(this.#path, text).catch(cause => {
        throw unwritten(cause)
      })
      keep(memory)
    })
  }

  /** Remove it; false where there was none. */
  async forget(): Promise<boolean> {
    try {
      await this.#changes.run(() => rm(this.#path))
      return true
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return false
      throw thrown
    }
  }
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
}

/** A failed write is logged, and the name of the file is that of a product: only the error of the system goes on. */
const unwritten = (thrown: unknown): Fault => {
  const code = systemCode(thrown instanceof Fault ? thrown.cause : thrown) ?? 'unknown error'
  return new Fault('CFG_UNREADABLE', `what is known of a product cannot be written (${code})`, {
    where: 'host',
    retry: 'after-waiting',
    next: 'Check the free space where the state lives, and the owner and the mode of its directories.',
  })
}
