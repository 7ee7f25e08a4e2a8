import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProductSettings, ProductView } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { openPrivateDirectory } from '@cordon/shared/runtime/edge'
import { type CompleteProduct, completeProduct } from '../products/index.ts'
import { EMPTY_MEMORY, type ProductMemory } from '../verdict/index.ts'
import { AddedProducts } from './added-products.ts'
import { quarantineOf } from './downloader.ts'
import { ProductFile } from './product-file.ts'

/** A product with all that is known of it. */
export interface ShelvedProduct {
  /** What it is now: a change of the configuration replaces it, and keeps what is remembered. */
  product: CompleteProduct
  declaredIn: 'configuration' | 'command'
  readonly file: ProductFile
  memory: ProductMemory
  /** How far a check of it is. */
  check: 'idle' | 'queued' | 'checking'
  /** Ends the fetch of it that runs, if one does: one at a time, and beside a check. */
  fetch: AbortController | undefined
  /** Raised when what was remembered is thrown away: who began before keeps nothing of it. */
  epoch: number
  /** What was found installed, and when by the monotonic clock. */
  installed: { readonly version: string | null; readonly atMs: number } | undefined
  /** Of the newest fetch in this process. */
  download: ProductView['download']
}

/** All products, those of cordon.yaml and those of the command, each with its file. */
export class ProductShelf {
  readonly #root: string
  readonly #directory: string
  readonly #keyDirectory: string
  readonly #added: AddedProducts
  readonly #products = new Map<string, ShelvedProduct>()

  private constructor(directory: string, keyDirectory: string) {
    this.#root = directory
    this.#directory = join(directory, 'products')
    this.#keyDirectory = keyDirectory
    this.#added = new AddedProducts(directory)
  }

  /** Load everything, or throw a Fault: a memory that cannot be read must not pass for an empty one. */
  static async open(
    directory: string,
    keyDirectory: string,
    configured: Readonly<Record<string, ProductSettings>>,
  ): Promise<ProductShelf> {
    const shelf = new ProductShelf(directory, keyDirectory)
    await openPrivateDirectory(shelf.#directory)
    await shelf.configure(configured)
    return shelf
  }

  /**
   * Follow the configuration: what it names wins over what a command added. All of it is taken, or nothing and a Fault
   * is thrown. What is remembered of a product that it no longer names stays on disk, for when it names it again.
   */
  async configure(configured: Readonly<Record<string, ProductSettings>>): Promise<void> {
    const placed = new Map<string, ShelvedProduct>()
    for (const [id, settings] of Object.entries(configured)) {
      placed.set(id, await this.#prepare(id, settings, 'configuration'))
    }
    for (const [id, settings] of Object.entries(await this.#added.load())) {
      if (!placed.has(id)) placed.set(id, await this.#prepare(id, settings, 'command'))
    }
    for (const id of this.#products.keys()) if (!placed.has(id)) this.#products.delete(id)
    for (const [id, { product, declaredIn, ...fresh }] of placed) {
      const known = this.#products.get(id)
      // The same object: a check of it may be running.
      if (known !== undefined) Object.assign(known, { product, declaredIn, installed: undefined })
      else this.#products.set(id, { product, declaredIn, ...fresh })
    }
  }

  list(): readonly ShelvedProduct[] {
    return [...this.#products.values()].toSorted((a, b) => (a.product.id < b.product.id ? -1 : 1))
  }

  /** Find a product, or throw a Fault `UPD_PRODUCT_UNKNOWN`. */
  find(id: string): ShelvedProduct {
    const found = this.#products.get(id)
    if (found !== undefined) return found
    throw unknownProduct(id)
  }

  /** Add a product by command, or throw a Fault. */
  async add(id: string, settings: ProductSettings): Promise<ShelvedProduct> {
    if (this.#products.has(id)) throw fault('UPD_PRODUCT_EXISTS', `there is a product ${id}`, 'Remove it first.')
    const placed = await this.#prepare(id, settings, 'command')
    this.#products.set(id, placed)
    await this.#writeAdded(() => this.#products.delete(id))
    return placed
  }

  /** Remove a product that a command added, and what is remembered of it. */
  async remove(id: string): Promise<void> {
    const found = this.find(id)
    if (found.declaredIn === 'configuration') {
      throw fault('UPD_PRODUCT_CONFIGURED', `${id} is declared in cordon.yaml`, 'Remove it there.')
    }
    this.#products.delete(id)
    await this.#writeAdded(() => this.#products.set(id, found))
    this.#interrupt(found)
    await found.file.forget()
    await this.#discardPart(id)
  }

  /**
   * Forget what was seen of a product, also of one that cordon.yaml no longer names: its marks, answers and history, and
   * what a fetch has begun. When it is asked about next stays. What was fetched and verified stays too.
   */
  async forget(id: string): Promise<void> {
    const found = this.#products.get(id)
    if (found === undefined) {
      if (!(await new ProductFile(this.#directory, id).forget())) throw unknownProduct(id)
    } else {
      this.#interrupt(found)
      await this.remember(found, ({ schedule }) => ({ ...EMPTY_MEMORY, schedule }))
    }
    await this.#discardPart(id)
  }

  /**
   * Change what is remembered of a product, one change after another, each of what the last has left; on failure the old
   * memory stays, here and on disk.
   */
  async remember(shelved: ShelvedProduct, change: (memory: ProductMemory) => ProductMemory): Promise<void> {
    if (this.#products.get(shelved.product.id) !== shelved) return // it was removed: nothing is to be found of it
    const keep = (memory: ProductMemory): void => {
      shelved.memory = memory
    }
    await shelved.file.change(() => change(shelved.memory), keep)
  }

  #interrupt(shelved: ShelvedProduct): void {
    shelved.epoch += 1
    shelved.fetch?.abort()
    shelved.download = null
  }

  async #discardPart(id: string): Promise<void> {
    await rm(quarantineOf(this.#root, id), { recursive: true, force: true })
  }

  async #prepare(
    id: string,
    settings: ProductSettings,
    declaredIn: ShelvedProduct['declaredIn'],
  ): Promise<ShelvedProduct> {
    const product = completeProduct(id, settings, this.#keyDirectory)
    if (product === undefined) {
      throw fault(
        'UPD_PRODUCT_UNKNOWN',
        `${id} is not in the catalogue`,
        'Say its kind and where it is asked (kind=… address=…), or take a name that `cordon updates` lists.',
      )
    }
    const file = new ProductFile(this.#directory, id)
    const memory = await file.load()
    return {
      product,
      declaredIn,
      file,
      memory,
      check: 'idle',
      fetch: undefined,
      epoch: 0,
      installed: undefined,
      download: null,
    }
  }

  async #writeAdded(undo: () => void): Promise<void> {
    const added = this.list().filter(({ declaredIn }) => declaredIn === 'command')
    try {
      await this.#added.save(Object.fromEntries(added.map(({ product: { id, given } }) => [id, given])))
    } catch (thrown) {
      undo()
      throw thrown
    }
  }
}

const unknownProduct = (id: string): Fault =>
  fault('UPD_PRODUCT_UNKNOWN', `there is no product ${id}`, 'See `cordon updates` for the names.')

const fault = (
  code: 'UPD_PRODUCT_UNKNOWN' | 'UPD_PRODUCT_EXISTS' | 'UPD_PRODUCT_CONFIGURED',
  message: string,
  next: string,
) => new Fault(code, message, { where: 'local', retry: 'never', next })
