import { setTimeout as wait } from 'node:timers/promises'
import type { ProductActivity, RuntimeLayout, UpdatesView } from '@cordon/shared/contracts'
import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import {
  type Directories,
  EXIT,
  type ExitStatus,
  exitStatusOfCheck,
  exitStatusOfUpdates,
  formatFetch,
  formatHistory,
  formatUpdates,
  readActivity,
  readHistory,
  readNothing,
  readProduct,
  readStarted,
  readUpdates,
  usage,
} from '../cli/index.ts'
import { askPart, type Question } from './api-client.ts'
import type { Terminal } from './terminal.ts'

const LOOK_AGAIN_MS = 300

const PRODUCT_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/** The commands that ask the update checks. Each returns the exit status. */
export class UpdateCommands {
  readonly #layout: RuntimeLayout
  readonly #terminal: Terminal

  constructor({ runtimeDirectory }: Directories, terminal: Terminal) {
    this.#layout = layOutRuntime(runtimeDirectory)
    this.#terminal = terminal
  }

  async list(): Promise<ExitStatus> {
    const view = await this.#view()
    this.#show(view)
    return exitStatusOfUpdates(view)
  }

  /** Have one product or all checked now, wait for it, and show what came of it. */
  async check(name: string | undefined): Promise<ExitStatus> {
    const body = name === undefined ? {} : { product: readName(name) }
    const { products } = await this.#ask({ method: 'POST', path: '/v1/updates/check', body, read: readStarted })
    // A product that is fetched meanwhile may be so for hours.
    const view = await this.#watch(products, ['queued', 'checking'], busy => {
      const [now] = busy.filter(({ activity }) => activity === 'checking')
      return `checking ${now?.id ?? '…'} (${products.length - busy.length + 1} of ${products.length})`
    })
    const checked = view.products.filter(({ id }) => products.includes(id))
    this.#show({ ...view, products: checked, catalogue: [], catalogueUnsigned: [] })
    return exitStatusOfCheck(checked)
  }

  async add(name: string, words: readonly string[]): Promise<ExitStatus> {
    const { readProductSettings } = await import('../cli/product-arguments.ts')
    const id = readName(name)
    const body = { id, settings: readProductSettings(id, words) }
    const product = await this.#ask({ method: 'POST', path: '/v1/updates/products', body, read: readProduct })
    const how = product.unsigned ? ' (unsigned: nobody vouches for what its source says)' : ''
    const installed = `installed here: ${product.installed ?? 'not found, so no verdict will be more than unknown'}`
    const next = `It is asked about at a random time within hours; now: cordon updates check ${id}`
    this.#terminal.result(product, `${id} is added${how}; ${installed}\n${next}\n`)
    return EXIT.done
  }

  async remove(name: string): Promise<ExitStatus> {
    const id = readName(name)
    await this.#ask({ method: 'DELETE', path: `/v1/updates/products/${id}`, read: readNothing })
    this.#terminal.result({ id, removed: true }, `${id} is removed, and what was remembered of it\n`)
    return EXIT.done
  }

  async forget(name: string): Promise<ExitStatus> {
    const id = readName(name)
    await this.#ask({ method: 'DELETE', path: `/v1/updates/products/${id}/memory`, read: readNothing })
    const text = `what was seen of ${id} is forgotten; the next answer is believed even if it is older\n`
    this.#terminal.result({ id, forgotten: true }, text)
    return EXIT.done
  }

  /** Have the newest version of a product fetched, wait for it, and say where it is. */
  async fetch(name: string): Promise<ExitStatus> {
    const id = readName(name)
    await this.#ask({ method: 'POST', path: `/v1/updates/products/${id}/fetch`, read: readStarted })
    const view = await this.#watch([id], ['queued', 'checking', 'fetching'], busy =>
      formatFetch(id, busy[0]?.download ?? null),
    )
    const product = view.products.find(one => one.id === id)
    const download = product?.download ?? null
    const isHere = download?.state === 'verified'
    const how =
      product?.unsigned === true ? 'is what its source describes (unsigned: nobody vouches for it)' : 'is verified'
    const text = isHere
      ? `${id} ${product?.latest} ${how}: ${download.file}\n`
      : `${id} could not be fetched: ${download?.detail ?? 'it was interrupted'}\n  next: run the command again, it goes on where it ended\n`
    this.#terminal.result({ id, unsigned: product?.unsigned ?? null, download }, text)
    return isHere ? EXIT.done : EXIT.failed
  }

  async history(name: string | undefined): Promise<ExitStatus> {
    const wanted = name === undefined ? '' : `?product=${readName(name)}`
    const history = await this.#ask({ method: 'GET', path: `/v1/updates/history${wanted}`, read: readHistory })
    this.#terminal.result(history, formatHistory(history.entries))
    return EXIT.done
  }

  /** Wait until nothing of the named is done about the products any more. */
  async #watch(
    ids: readonly string[],
    done: readonly ProductActivity['activity'][],
    say: (busy: readonly ProductActivity[]) => string,
  ): Promise<UpdatesView> {
    for (;;) {
      const { products } = await this.#ask({ method: 'GET', path: '/v1/updates/activity', read: readActivity })
      const busy = products.filter(({ id, activity }) => ids.includes(id) && done.includes(activity))
      if (busy.length === 0) {
        this.#terminal.done()
        return await this.#view()
      }
      this.#terminal.wait(say(busy))
      await wait(LOOK_AGAIN_MS)
    }
  }

  /** Print the names that a shell completes: of the products, or of what can be added. */
  async complete(which: 'products' | 'catalogue'): Promise<ExitStatus> {
    const { products, catalogue } = await this.#view().catch(() => ({ products: [], catalogue: [] }))
    const names = which === 'products' ? products.map(({ id }) => id) : catalogue
    this.#terminal.result({ [which]: names }, names.map(name => `${name}\n`).join(''))
    return EXIT.done
  }

  #show(view: UpdatesView): void {
    this.#terminal.result(view, formatUpdates(view, Date.now(), this.#terminal.palette))
  }

  #view(): Promise<UpdatesView> {
    return this.#ask({ method: 'GET', path: '/v1/updates', read: readUpdates })
  }

  #ask<T>(question: Question<T>): Promise<T> {
    return askPart(this.#layout, 'updates', question)
  }
}

function readName(text: string): string {
  if (PRODUCT_NAME.test(text)) return text
  throw usage('that is no name of a product', 'Use a-z, 0-9 and hyphens; `cordon updates` lists what can be added.')
}
