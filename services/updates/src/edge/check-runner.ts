import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { isSigned } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { Telemetry } from '@cordon/shared/telemetry'
import { judgeProduct } from '../verdict/index.ts'
import { type CheckPlace, checkProduct } from './check-product.ts'
import { noticeUpdate } from './desktop-notice.ts'
import { findInstalled } from './installed-version.ts'
import type { ProductShelf, ShelvedProduct } from './product-shelf.ts'

/** Between two products that a person asks for in one go; the schedule keeps them much further apart. Arbitrary. */
const PAUSE_MS = { least: 1000, most: 6000 }

export interface RunnerOptions {
  readonly shelf: ProductShelf
  readonly place: CheckPlace
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
  /** Whether the clock is trusted; asked right before each check. */
  isClockTrusted(): Promise<boolean>
}

/** Runs checks one after another: no two products are asked at a time, whoever wants it. */
export class CheckRunner {
  readonly #options: RunnerOptions
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /**
   * Check one product when its turn comes, or throw a Fault: `UPD_CLOCK_UNTRUSTED`, or what kept the outcome from being
   * written. A source that fails is an outcome and is remembered; it is resolved with.
   *
   * `confirm` is asked before anything is written: the job may be another's by then.
   */
  async run(shelved: ShelvedProduct, confirm: () => Promise<void> = async () => {}): Promise<Fault | undefined> {
    if (shelved.activity === 'idle') shelved.activity = 'queued'
    const isFirst = this.#waiting === 0
    this.#waiting += 1
    const turn = this.#last.then(async () => {
      if (!isFirst) await wait(randomInt(PAUSE_MS.least, PAUSE_MS.most), undefined, { signal: this.#options.signal })
      return await this.#check(shelved, confirm)
    })
    this.#last = turn.catch(() => {}) // whoever asked hears of it
    try {
      return await turn
    } finally {
      this.#waiting -= 1
      shelved.activity = 'idle'
    }
  }

  async #check(shelved: ShelvedProduct, confirm: () => Promise<void>): Promise<Fault | undefined> {
    const { shelf, place, telemetry, signal } = this.#options
    if (!(await this.#options.isClockTrusted())) throw clockUntrusted()
    shelved.activity = 'checking'
    // What a product is called stays out of spans: they would be a list of what is installed, with times.
    const span = telemetry.startSpan('updates.fetch')
    try {
      const { product, memory } = shelved
      const outcome = await checkProduct(place, product, memory, { nowMs: Date.now(), signal })
      await confirm()
      await shelf.remember(shelved, outcome.memory)
      if (outcome.fault === undefined) span.end({ outcome: 'ok' })
      else span.fail(outcome.fault)
      return outcome.fault
    } catch (thrown) {
      span.fail(thrown)
      throw thrown
    }
  }

  /** Tell the desktop once of each version that is newer. */
  async notice(shelved: ShelvedProduct): Promise<void> {
    const { product, memory } = shelved
    const version = memory.answer?.version ?? null
    if (version === null || version === memory.notified) return
    const installed = await findInstalled(product)
    if (judgeProduct({ product, memory, installed, nowMs: Date.now() }).type !== 'available') return
    await this.#options.shelf.remember(shelved, { ...memory, notified: version })
    noticeUpdate(product.id, version, !isSigned(product.settings))
  }
}

/** Nothing is asked, and nothing judged, by a clock that nobody vouches for. */
export const clockUntrusted = (): Fault =>
  new Fault('UPD_CLOCK_UNTRUSTED', 'the clock is not trusted, so no answer could be called fresh', {
    where: 'local',
    retry: 'after-waiting',
    next: 'See `cordon clock`; checks go on by themselves when it is trusted.',
  })
