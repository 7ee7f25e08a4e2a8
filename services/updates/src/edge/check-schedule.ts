import { randomInt } from 'node:crypto'
import { Fault } from '@cordon/shared/errors'
import type { JobQueue } from '@cordon/shared/queue'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import {
  chooseDue,
  drawGap,
  drawQuiet,
  drawRetry,
  drawSeparation,
  nameCheck,
  planDueIn,
  windowOf,
} from '../schedule/index.ts'
import type { CheckRunner } from './check-runner.ts'
import type { ProductShelf, ShelvedProduct } from './product-shelf.ts'

/** How often it is looked whether something is due and the clock is trusted. Nothing leaves the machine for it. */
export const LOOK_MS = 30_000
/** Tries of one product in one window that a name can stand for. */
const TRIES_MAX = 12

export interface ScheduleOptions {
  readonly shelf: ProductShelf
  readonly runner: CheckRunner
  readonly queue: JobQueue
  readonly secret: Uint8Array
  readonly telemetry: Telemetry
  isClockTrusted(): Promise<boolean>
  /** {@link LOOK_MS} where nothing is said. */
  readonly lookMs?: number
}

/**
 * Decides when a product is due, queues it then, and works on what is queued.
 *
 * Gaps are kept as wall time, since a machine is switched off, and are read only while the clock is trusted; within the
 * life of this process they run on the monotonic clock.
 */
export class CheckSchedule {
  readonly #options: ScheduleOptions
  readonly #dueAt = new Map<string, number>()
  readonly #lookMs: number
  #quietUntilMs: number
  #timer: NodeJS.Timeout | undefined
  #state: 'held' | 'working' | 'closed' = 'held'
  #isWorker = false

  constructor(options: ScheduleOptions) {
    this.#options = options
    this.#quietUntilMs = monotonicNow() + drawQuiet(random)
    this.#lookMs = options.lookMs ?? LOOK_MS
    this.#look()
  }

  /** Plan anew after a wake-up: the monotonic clock stood still, and whoever just woke up is not to be seen. */
  resumed(): void {
    this.#dueAt.clear()
    this.#quietUntilMs = Math.max(this.#quietUntilMs, monotonicNow() + drawQuiet(random))
  }

  close(): void {
    this.#state = 'closed'
    clearTimeout(this.#timer)
  }

  #look(): void {
    this.#timer = setTimeout(() => {
      this.#step()
        // A full disk or a Redis with too much to do: the next look tries again.
        .catch(thrown => this.#options.telemetry.log('updates.trouble', {}, thrown))
        .finally(() => {
          if (this.#state !== 'closed') this.#look()
        })
    }, this.#lookMs)
    this.#timer.unref()
  }

  async #step(): Promise<void> {
    const { shelf, queue } = this.#options
    if (shelf.list().length === 0) return
    if (!(await this.#options.isClockTrusted())) {
      if (this.#state === 'working') await queue.pause()
      if (this.#state === 'working') this.#state = 'held'
      return
    }
    if (this.#state === 'closed') return
    this.#work()
    for (const shelved of shelf.list()) await this.#plan(shelved)
    const products = [...this.#dueAt].map(([id, dueAtMs]) => ({ id, dueAtMs }))
    const times = { nowMs: monotonicNow(), quietUntilMs: this.#quietUntilMs, random: random() }
    const next = chooseDue(products, times)
    if (next.type === 'check') await this.#queue(next.id)
  }

  /** Take jobs, from when the clock is trusted on. */
  #work(): void {
    if (this.#state === 'working') return
    this.#state = 'working'
    const { queue } = this.#options
    if (this.#isWorker) queue.resume()
    else queue.work('updates', { 'updates.check': ({ check }, { confirm }) => this.#check(check, confirm) })
    this.#isWorker = true
  }

  async #plan(shelved: ShelvedProduct): Promise<void> {
    const { id } = shelved.product
    if (this.#dueAt.has(id)) return
    const nowMs = Date.now()
    // A new product need not wait for a day, and not be asked at once either.
    const schedule = shelved.memory.schedule ?? { sinceMs: nowMs, gapMs: drawRetry(0, random), failures: 0 }
    if (shelved.memory.schedule === null) await this.#options.shelf.remember(shelved, { ...shelved.memory, schedule })
    this.#dueAt.set(id, monotonicNow() + planDueIn(schedule, nowMs))
  }

  async #queue(id: string): Promise<void> {
    const { shelf, queue, secret } = this.#options
    const shelved = shelf.list().find(one => one.product.id === id)
    this.#dueAt.delete(id)
    if (shelved === undefined) return // removed meanwhile
    const failures = shelved.memory.schedule?.failures ?? 0
    const nowMs = Date.now()
    // First the gap: after a kill between the two the check is late, and not done twice at a beat.
    const schedule = { sinceMs: nowMs, gapMs: drawGap(random), failures }
    await shelf.remember(shelved, { ...shelved.memory, schedule })
    this.#quietUntilMs = monotonicNow() + drawSeparation(random)
    const check = nameTry(secret, id, windowOf(nowMs), failures)
    queue.keep('updates.check', { reason: 'schedule', check }, { id: `c${check}` })
  }

  /** Do a job of the fleet: it may be of another machine, and then of a product that this one does not have. */
  async #check(check: string, confirm: () => Promise<void>): Promise<void> {
    const { shelf, runner } = this.#options
    const shelved = this.#findNamed(check)
    if (shelved === undefined) {
      throw new Fault('UPD_PRODUCT_UNKNOWN', 'a check is of no product of this machine', {
        where: 'process',
        retry: 'never',
        next: 'Give all machines of the fleet the same products.',
      })
    }
    const fault = await runner.run(shelved, confirm)
    const failures = fault === undefined ? 0 : Math.min(TRIES_MAX - 1, (shelved.memory.schedule?.failures ?? 0) + 1)
    const gapMs = fault === undefined ? drawGap(random) : drawRetry(failures - 1, random)
    const schedule = { sinceMs: Date.now(), gapMs, failures }
    await shelf.remember(shelved, { ...shelved.memory, schedule })
    this.#dueAt.delete(shelved.product.id)
    await runner.notice(shelved)
  }

  #findNamed(check: string): ShelvedProduct | undefined {
    const { shelf, secret } = this.#options
    const now = windowOf(Date.now())
    const tries = Array.from({ length: TRIES_MAX }, (_, n) => n)
    return shelf
      .list()
      .find(({ product: { id } }) =>
        [now, now - 1].some(window => tries.some(tried => nameTry(secret, id, window, tried) === check)),
      )
  }
}

const nameTry = (secret: Uint8Array, id: string, window: number, tried: number): string =>
  nameCheck(secret, `${id} ${tried}`, window)

/** Uniform in [0, 1), from the system's own randomness. */
const random = (): number => randomInt(2 ** 32) / 2 ** 32
