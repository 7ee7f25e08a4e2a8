import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { isSigned } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { SerialQueue } from '@cordon/shared/runtime'
import type { Telemetry } from '@cordon/shared/telemetry'
import { judgeProduct, noteFailure, type ProductMemory } from '../verdict/index.ts'
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
  /** Checks that wait or run, by their products. */
  readonly #pending = new Map<ShelvedProduct, Promise<Fault | undefined>>()
  readonly #turns = new SerialQueue()

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /**
   * Check one product when its turn comes, or throw a Fault: `UPD_CLOCK_UNTRUSTED`, or what kept the outcome from being
   * written. A source that fails is an outcome and is remembered; it is resolved with. Whoever asks for a product that
   * waits or is checked already gets what comes of that: nobody is asked the same twice within a minute.
   *
   * `confirm` is asked before anything is written: the job may be another's by then.
   */
  run(shelved: ShelvedProduct, confirm: () => Promise<void> = async () => {}): Promise<Fault | undefined> {
    const pending = this.#pending.get(shelved)
    if (pending !== undefined) return pending
    const isFirst = this.#pending.size === 0
    shelved.check = 'queued'
    const turn = this.#turns
      .run(async () => {
        if (!isFirst) await wait(randomInt(PAUSE_MS.least, PAUSE_MS.most), undefined, { signal: this.#options.signal })
        return await this.#check(shelved, confirm)
      })
      .finally(() => {
        this.#pending.delete(shelved)
        shelved.check = 'idle'
      })
    this.#pending.set(shelved, turn)
    return turn
  }

  async #check(shelved: ShelvedProduct, confirm: () => Promise<void>): Promise<Fault | undefined> {
    const { place, telemetry, signal } = this.#options
    if (!(await this.#options.isClockTrusted())) throw clockUntrusted()
    shelved.check = 'checking'
    // What a product is called stays out of spans: they would be a list of what is installed, with times.
    const span = telemetry.startSpan('updates.fetch')
    try {
      const { product, memory, epoch } = shelved
      const nowMs = Date.now()
      const outcome = await checkProduct(place, product, memory, { nowMs, signal })
      await confirm()
      if (shelved.epoch === epoch) await this.#remember(shelved, outcome.memory, nowMs)
      if (outcome.fault === undefined) span.end({ outcome: 'ok' })
      else span.fail(outcome.fault)
      return outcome.fault
    } catch (thrown) {
      span.fail(thrown)
      throw thrown
    }
  }

  async #remember(shelved: ShelvedProduct, memory: ProductMemory, nowMs: number): Promise<void> {
    try {
      // The schedule may have moved on while the source was asked.
      await this.#options.shelf.remember(shelved, ({ schedule }) => ({ ...memory, schedule }))
    } catch (thrown) {
      // What cannot be kept is no answer. Until the next check the verdict says so, and not what an older one found.
      if (thrown instanceof Fault) shelved.memory = noteFailure(shelved.memory, thrown, nowMs)
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
    await this.#options.shelf.remember(shelved, now => ({ ...now, notified: version }))
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
