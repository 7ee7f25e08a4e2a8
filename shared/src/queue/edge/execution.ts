import type { Job } from 'bullmq'
import { Fault } from '../../errors/index.ts'
import { monotonicNow } from '../../runtime/edge/index.ts'
import { explainRedisError } from '../index.ts'

/** One execution of a job, as far as its lock is concerned. */
export class Execution {
  readonly #job: Job<unknown, null, string>
  readonly #token: string
  readonly #lockMs: number
  readonly #abort = new AbortController()
  readonly #onLost: () => void
  #extendedAt = monotonicNow()
  #isLost = false

  constructor(job: Job<unknown, null, string>, token: string, lockMs: number, onLost: () => void) {
    this.#job = job
    this.#token = token
    this.#lockMs = lockMs
    this.#onLost = onLost
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** Take note that Redis extended the lock just now. */
  extended(): void {
    this.#extendedAt = monotonicNow()
  }

  /** Give the job up for lost if its lock must have expired; the clock that counts stops in no stall. */
  checkAge(): void {
    if (monotonicNow() - this.#extendedAt > this.#lockMs) this.lose()
  }

  lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#onLost()
    this.#abort.abort(lockLost())
  }

  /** End it because this process leaves. */
  abort(): void {
    this.#abort.abort(new Fault('QUE_CLOSED', 'the part is stopping', { where: 'process', retry: 'after-waiting' }))
  }

  async confirm(): Promise<void> {
    this.checkAge()
    if (!this.#isLost) {
      const askedAt = monotonicNow()
      const held = await this.#job.extendLock(this.#token, this.#lockMs).catch((thrown: unknown) => {
        throw explainRedisError(thrown)
      })
      // The lock counts from the question: the answer may have waited in this process.
      if (held === 1) this.#extendedAt = askedAt
      else this.lose()
      this.checkAge()
    }
    this.#abort.signal.throwIfAborted()
  }
}

const lockLost = (): Fault =>
  new Fault('QUE_LOCK_LOST', 'the job was given to another worker', { where: 'process', retry: 'never' })
