import { randomBytes, randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type ActivityView,
  type HistoryView,
  isSigned,
  OWN_APPS,
  type ProductSettings,
  type ProductView,
  type UpdatesSummary,
  type UpdatesView,
} from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { PartStart } from '@cordon/shared/part/edge'
import type { JobQueue } from '@cordon/shared/queue'
import { openJobQueue } from '@cordon/shared/queue/edge'
import { openPrivateDirectory, readConfiguration } from '@cordon/shared/runtime/edge'
import { CATALOGUE_OF_PRODUCTS } from '../products/index.ts'
import { findAnswer } from '../verdict/index.ts'
import type { CheckPlace } from './check-product.ts'
import { CheckRunner, clockUntrusted } from './check-runner.ts'
import { CheckSchedule } from './check-schedule.ts'
import { isClockTrusted } from './clock-question.ts'
import { describeActivity, describeProduct, formatTime, glanceAt } from './describe-product.ts'
import { FleetBoard } from './fleet-board.ts'
import { readFleet } from './fleet-secret.ts'
import { fetchProduct } from './product-fetch.ts'
import { ProductShelf } from './product-shelf.ts'
import { PACE } from './web-way.ts'

export type UpdatesOptions = Pick<
  PartStart,
  'configurationFile' | 'configuration' | 'stateDirectory' | 'layout' | 'authorities' | 'telemetry'
>

/** The update checks: products, their schedule, and what a person asks for. */
export class UpdatesService {
  readonly #options: UpdatesOptions
  readonly #directory: string
  readonly #shelf: ProductShelf
  readonly #place: CheckPlace
  readonly #runner: CheckRunner
  readonly #schedule: CheckSchedule
  readonly #queue: JobQueue
  readonly #stopping: AbortController

  private constructor(
    options: UpdatesOptions,
    made: {
      directory: string
      shelf: ProductShelf
      place: CheckPlace
      queue: JobQueue
      secret: Uint8Array
      board: FleetBoard | undefined
    },
  ) {
    const { telemetry, layout } = options
    const { directory, shelf, place, queue, secret, board } = made
    this.#options = options
    this.#directory = directory
    this.#shelf = shelf
    this.#place = place
    this.#queue = queue
    this.#stopping = new AbortController()
    const trusted = (): Promise<boolean> => isClockTrusted(layout.gatewaySocket)
    this.#runner = new CheckRunner({ shelf, place, telemetry, signal: this.#stopping.signal, isClockTrusted: trusted })
    this.#schedule = new CheckSchedule({
      shelf,
      runner: this.#runner,
      queue,
      secret,
      board,
      telemetry,
      isClockTrusted: trusted,
    })
  }

  /** Load everything and begin to plan, or throw a Fault. Neither tor nor Redis nor the gateway need be there. */
  static async open(options: UpdatesOptions): Promise<UpdatesService> {
    const { configuration, configurationFile, stateDirectory, layout, telemetry, authorities } = options
    const directory = join(stateDirectory, 'updates')
    const scratch = join(directory, 'scratch')
    await rm(scratch, { recursive: true, force: true }) // what a kill left behind
    for (const path of [directory, scratch]) await openPrivateDirectory(path)
    const { products = {}, fleet } = configuration.updates ?? {}
    const { name, secret } = await readFleet(fleet, directory)
    const shelf = await ProductShelf.open(directory, join(dirname(configurationFile), 'keys'), products)
    const redis = configuration.redis ?? { socket: layout.redisSocket }
    const queue = await openJobQueue({
      redis,
      place: { fleet: name, instance: randomBytes(16).toString('hex') },
      telemetry,
    })
    const place: CheckPlace = {
      appSocket: layout.appSocket(OWN_APPS.updates),
      authorities,
      scratch,
      pace: PACE,
    }
    const board = fleet === undefined ? undefined : new FleetBoard(queue, secret)
    return new UpdatesService(options, { directory, shelf, place, queue, secret, board })
  }

  resumed(): void {
    this.#schedule.resumed()
  }

  /** Follow the products of the configuration; with a mistake in it the old ones stay. */
  async reload(): Promise<void> {
    const { configurationFile, telemetry } = this.#options
    try {
      const { updates } = await readConfiguration(configurationFile)
      await this.#shelf.configure(updates?.products ?? {})
    } catch {
      // The mistake may name a product: the status says it, which this user alone sees.
      telemetry.log('updates.configuration.kept')
    }
  }

  async close(): Promise<void> {
    this.#schedule.close()
    this.#stopping.abort()
    await this.#queue.close()
  }

  async view(): Promise<UpdatesView> {
    const trusted = await this.#isClockTrusted()
    const nowMs = trusted ? Date.now() : undefined
    const products = await Promise.all(this.#shelf.list().map(shelved => describeProduct(shelved, nowMs)))
    const free = Object.entries(CATALOGUE_OF_PRODUCTS).filter(([id]) => products.every(product => product.id !== id))
    const names = (entries: typeof free): string[] => entries.map(([id]) => id)
    return {
      clock: trusted ? 'trusted' : 'untrusted',
      products,
      catalogue: names(free),
      catalogueUnsigned: names(free.filter(([, settings]) => !isSigned(settings))),
    }
  }

  /** Say what is done about products now. */
  activity(): ActivityView {
    return { products: this.#shelf.list().map(describeActivity) }
  }

  /** Count the products by their verdicts, at a glance. */
  async summary(): Promise<UpdatesSummary> {
    const nowMs = (await this.#isClockTrusted()) ? Date.now() : undefined
    const counts = { current: 0, available: 0, unknown: 0 }
    for (const shelved of this.#shelf.list()) counts[await glanceAt(shelved, nowMs)] += 1
    return counts
  }

  /** List the checks of one product or of all, newest first, or throw a Fault. */
  history(id: string | undefined): HistoryView {
    const wanted = id === undefined ? this.#shelf.list() : [this.#shelf.find(id)]
    const entries = wanted.flatMap(({ product, memory: { history } }) =>
      history.map(({ atMs, version, reason }) => ({
        id: product.id,
        at: formatTime(atMs) ?? '',
        outcome: reason === null ? ('found' as const) : ('failed' as const),
        unsigned: !isSigned(product.settings),
        version,
        reason,
      })),
    )
    return { entries: entries.toSorted((a, b) => (a.at < b.at ? 1 : -1)) }
  }

  /** Begin to check one product or all, in a random order; or throw a Fault. What comes of it is in the view. */
  async check(id: string | undefined): Promise<readonly string[]> {
    const wanted = id === undefined ? this.#shelf.list() : [this.#shelf.find(id)]
    if (!(await this.#isClockTrusted())) throw clockUntrusted()
    const idle = shuffle(wanted.filter(({ check }) => check === 'idle'))
    for (const shelved of idle) this.#inBackground(this.#runner.run(shelved))
    return wanted.map(({ product }) => product.id)
  }

  async add(id: string, settings: ProductSettings): Promise<ProductView> {
    const shelved = await this.#shelf.add(id, settings)
    return await describeProduct(shelved, (await this.#isClockTrusted()) ? Date.now() : undefined)
  }

  async remove(id: string): Promise<void> {
    await this.#shelf.remove(id)
  }

  async forget(id: string): Promise<void> {
    await this.#shelf.forget(id)
  }

  /** Begin to fetch what the last check found, or throw a Fault. */
  async fetch(id: string): Promise<void> {
    const shelved = this.#shelf.find(id)
    const plan = findAnswer(shelved.product, shelved.memory)?.download ?? null
    if (!(await this.#isClockTrusted())) throw clockUntrusted()
    if (plan === null) throw nothingToFetch(id)
    const { telemetry } = this.#options
    const { signal } = this.#stopping
    this.#inBackground(
      fetchProduct({ place: this.#place, directory: this.#directory, telemetry, signal }, shelved, plan),
    )
  }

  #isClockTrusted(): Promise<boolean> {
    return isClockTrusted(this.#options.layout.gatewaySocket)
  }

  /** Whoever asked has its answer; how it ended is in the view, or here where it could not be written. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => {
      if (!this.#stopping.signal.aborted) this.#options.telemetry.log('updates.trouble', {}, thrown)
    })
  }
}

const nothingToFetch = (id: string): Fault =>
  new Fault('UPD_NOTHING_TO_FETCH', `of ${id} nothing is known that could be fetched and verified`, {
    where: 'local',
    retry: 'after-waiting',
    next: `Check it first with \`cordon updates check ${id}\`; products without a signed hash cannot be fetched.`,
  })

/** Put into a random order: the user's own would be the same each time. */
function shuffle<T>(items: readonly T[]): readonly T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(randomInt(left.length), 1))
}
