import { randomInt } from 'node:crypto'
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
import { adoptAnswer, nameQuestion } from '../verdict/index.ts'
import type { CheckRunner } from './check-runner.ts'
import type { FleetBoard } from './fleet-board.ts'
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
  /** Where machines of the fleet leave what they found; undefined for a machine that shares with none. */
  readonly board: FleetBoard | undefined
  readonly telemetry: Telemetry
  isClockTrusted(): Promise<boolean>
  /** {@link LOOK_MS} where nothing is said. */
  readonly lookMs?: number
  /** Monotonic milliseconds; the machine's own where nothing is said. */
  readonly monotonicMs?: () => number
}

/**
 * Decides when a product is due, queues it then, and works on what is queued.
 *
 * In a fleet whoever is due first queues the check, any machine does it, and all learn what came of it. A check that went
 * to a machine without the product, or failed there, is done by those who queued it: nothing is lost, and nothing goes
 * round.
 *
 * Gaps are kept as wall time, since a machine is switched off, and are read only while the clock is trusted; within the
 * life of this process they run on the monotonic clock.
 */
export class CheckSchedule {
  readonly #options: ScheduleOptions
  readonly #now: () => number
  readonly #dueAt = new Map<string, number>()
  /** Queued checks that have ended somewhere, with the wall time at which they were queued. */
  readonly #ended = new Map<string, number>()
  readonly #lookMs: number
  #quietUntilMs: number
  #timer: NodeJS.Timeout | undefined
  #state: 'held' | 'working' | 'closed' = 'held'
  #isWorker = false

  constructor(options: ScheduleOptions) {
    this.#options = options
    this.#now = options.monotonicMs ?? monotonicNow
    this.#quietUntilMs = this.#now() + drawQuiet(random)
    this.#lookMs = options.lookMs ?? LOOK_MS
    this.#look()
  }

  /** Plan anew after a wake-up: the monotonic clock stood still, and whoever just woke up is not to be seen. */
  resumed(): void {
    this.#dueAt.clear()
    this.#quietUntilMs = Math.max(this.#quietUntilMs, this.#now() + drawQuiet(random))
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
    await this.#learn()
    for (const shelved of shelf.list()) await this.#plan(shelved)
    const products = [...this.#dueAt].map(([id, dueAtMs]) => ({ id, dueAtMs }))
    const times = { nowMs: this.#now(), quietUntilMs: this.#quietUntilMs, random: random() }
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
    if (shelved.memory.schedule === null) await this.#options.shelf.remember(shelved, now => ({ ...now, schedule }))
    this.#dueAt.set(id, this.#now() + planDueIn(schedule, nowMs))
  }

  async #queue(id: string): Promise<void> {
    const { shelf, queue, secret, board } = this.#options
    const shelved = shelf.list().find(one => one.product.id === id)
    this.#dueAt.delete(id)
    if (shelved === undefined) return // removed meanwhile
    const tried = shelved.memory.schedule?.failures ?? 0
    const nowMs = Date.now()
    // First the gap: after a kill between the two the check is late, and not done twice at a beat.
    const schedule = { sinceMs: nowMs, gapMs: drawGap(random), failures: tried }
    await shelf.remember(shelved, now => ({ ...now, schedule }))
    this.#quietUntilMs = this.#now() + drawSeparation(random)
    const check = nameCheck(secret, nameQuestion(shelved.product), { window: windowOf(nowMs), tried })
    const ended = (): void => {
      if (board !== undefined) this.#ended.set(id, nowMs)
    }
    queue.keep('updates.check', { reason: 'schedule', check }, { id: `c${check}`, ended })
  }

  /** Do a job of the fleet. One of a product that this machine does not have is left to whoever queued it. */
  async #check(check: string, confirm: () => Promise<void>): Promise<void> {
    const shelved = this.#findNamed(check)
    if (shelved !== undefined) await this.#checkHere(shelved, confirm)
  }

  async #checkHere(shelved: ShelvedProduct, confirm?: () => Promise<void>): Promise<void> {
    const { shelf, runner, board } = this.#options
    const fault = await runner.run(shelved, confirm)
    const failures = fault === undefined ? 0 : Math.min(TRIES_MAX - 1, (shelved.memory.schedule?.failures ?? 0) + 1)
    const gapMs = fault === undefined ? drawGap(random) : drawRetry(failures - 1, random)
    const schedule = { sinceMs: Date.now(), gapMs, failures }
    await shelf.remember(shelved, now => ({ ...now, schedule }))
    this.#dueAt.delete(shelved.product.id)
    // Redis may be away: then the others find nothing, and ask themselves.
    if (fault === undefined) await board?.leave(shelved.product, shelved.memory).catch(() => {})
    await runner.notice(shelved)
  }

  /** Take over what other machines have found, and do what was queued here and done by none. */
  async #learn(): Promise<void> {
    const { shelf, runner, board, telemetry } = this.#options
    if (board === undefined) return
    const nowMs = Date.now()
    // What ends while the board is read may have left its answer after that: it is judged at the next look.
    const ended = [...this.#ended]
    // While Redis is away nobody has left anything; the state of the queue says so.
    for (const { of, answer } of await board.find(shelf.list(), nowMs).catch(() => [])) {
      const memory = of.check === 'idle' ? adoptAnswer(of.product, of.memory, answer, nowMs) : undefined
      if (memory === undefined) continue
      const schedule = { sinceMs: nowMs, gapMs: drawGap(random), failures: 0 }
      await shelf.remember(of, () => ({ ...memory, schedule }))
      this.#dueAt.delete(of.product.id)
      await runner.notice(of)
    }
    for (const [id, queuedAtMs] of ended) {
      if (this.#ended.get(id) === queuedAtMs) this.#ended.delete(id)
      const shelved = shelf.list().find(one => one.product.id === id)
      if (shelved === undefined || isDone(shelved, queuedAtMs)) continue
      this.#checkHere(shelved).catch(thrown => telemetry.log('updates.trouble', {}, thrown))
    }
  }

  #findNamed(check: string): ShelvedProduct | undefined {
    const { shelf, secret } = this.#options
    const now = windowOf(Date.now())
    const tries = Array.from({ length: TRIES_MAX }, (_, tried) => tried)
    return shelf.list().find(({ product }) => {
      const question = nameQuestion(product)
      return [now, now - 1].some(window =>
        tries.some(tried => nameCheck(secret, question, { window, tried }) === check),
      )
    })
  }
}

/** Whether a check was done here since it was queued, or by anybody in its window and well. */
function isDone({ memory: { answer, failure, history } }: ShelvedProduct, queuedAtMs: number): boolean {
  if ((history[0]?.atMs ?? 0) >= queuedAtMs) return true
  return answer !== null && failure === null && windowOf(answer.checkedAtMs) >= windowOf(queuedAtMs)
}

/** Uniform in [0, 1), from the system's own randomness. */
const random = (): number => randomInt(2 ** 32) / 2 ** 32
