import { type Job, UnrecoverableError, WaitingError } from 'bullmq'
import type { JobName, JobPayload, JobReason, QueueName } from '../../contracts/index.ts'
import { withDeadline } from '../../runtime/edge/index.ts'
import { parseTraceParent, type SpanContext, type Telemetry } from '../../telemetry/index.ts'
import { type JobHandler, judgeJob } from '../index.ts'
import { Execution } from './execution.ts'
import { FINISHED_KEPT, GuardedWorker } from './guarded-worker.ts'
import type { RedisClient } from './redis-client.ts'

/** How long one question for a job waits in Redis, in seconds; a job that comes ends it. Arbitrary. */
const ASK_AGAIN_S = 30

/** A worker that Redis answers with an error rests this long, so that it never spins. Arbitrary. */
const REST_MS = 1000

/** How often the lock of a job that runs is looked at. Arbitrary. */
const AGE_LOOK_MS = 1000

/** A job whose handler ended well. */
export interface DoneJob {
  readonly name: JobName
  readonly reason: JobReason
  readonly id: string
  readonly span: SpanContext
}

export interface JobWorkerOptions {
  readonly queue: QueueName
  readonly prefix: string
  readonly client: RedisClient
  readonly lockMs: number
  readonly telemetry: Telemetry
  readonly handler: (name: JobName) => JobHandler<JobName>
  /** Called when Redis answers with an error: it may have become unfit. */
  onTrouble(): void
  /** Queue what follows a job that was done; the job is not done before this is. */
  followUp(done: DoneJob): Promise<void>
}

/** Works on one queue: judges each job, runs its handler under a lock, and comes back from whatever Redis does. */
export class JobWorker {
  readonly #options: JobWorkerOptions
  readonly #worker: GuardedWorker
  /** At most one: a queue's jobs are done one after the other, so a job found stalled cannot overtake itself here. */
  #running: { readonly id: string; readonly execution: Execution; readonly ended: Promise<unknown> } | undefined
  #isPaused = false
  #isUsable = false
  #rest: NodeJS.Timeout | undefined
  #isStarted = false

  constructor(options: JobWorkerOptions) {
    this.#options = options
    const { queue, prefix, client, lockMs } = options
    this.#worker = new GuardedWorker(queue, (job, token) => this.#process(job, token ?? ''), {
      connection: client,
      prefix,
      autorun: false,
      drainDelay: ASK_AGAIN_S,
      skipVersionCheck: true, // the link did, and BullMQ writes to the console
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      // Once: a worker may be killed for no fault of the job's. Twice is the job's fault.
      maxStalledCount: 1,
      removeOnComplete: { count: FINISHED_KEPT },
      removeOnFail: { count: FINISHED_KEPT },
      runRetryDelay: REST_MS,
    })
    this.#worker.on('error', thrown => this.#trouble(thrown))
    this.#worker.on('lockRenewalFailed', ids => {
      if (ids.includes(this.#running?.id ?? '')) this.#running?.execution.lose()
    })
    this.#worker.on('locksRenewed', ({ jobIds }) => {
      if (jobIds.includes(this.#running?.id ?? '')) this.#running?.execution.extended()
    })
  }

  /** Say whether Redis can carry jobs: the worker rests while it cannot. */
  setUsable(isUsable: boolean): void {
    this.#isUsable = isUsable
    this.#settle()
  }

  async pause(): Promise<void> {
    this.#isPaused = true
    this.#settle()
    await this.#ended()
  }

  resume(): void {
    this.#isPaused = false
    this.#settle()
  }

  /** Stop; what still runs after `withinMs` is aborted and left to be found stalled. */
  async close(withinMs: number): Promise<void> {
    clearTimeout(this.#rest)
    this.#isPaused = true
    if (this.#isStarted) void this.#worker.pause(true)
    const give = (): Error => new Error('late')
    await withDeadline(this.#ended(), withinMs, give).catch(() => {
      this.#running?.execution.abort()
    })
    // Forced if Redis is away or a handler does not end: there is nobody left to tell.
    await withDeadline(this.#worker.close(this.#running !== undefined || !this.#isUsable), withinMs, give).catch(
      () => {},
    )
    this.#options.client.disconnect()
  }

  async #ended(): Promise<void> {
    await this.#running?.ended
  }

  #settle(): void {
    const mayRun = !this.#isPaused && this.#isUsable && this.#rest === undefined
    if (mayRun && !this.#isStarted) {
      this.#isStarted = true
      this.#worker.run().catch((thrown: unknown) => this.#trouble(thrown))
    } else if (mayRun && this.#worker.isPaused()) void this.#worker.resume()
    else if (!mayRun && this.#isStarted && !this.#worker.isPaused()) void this.#worker.pause(true)
  }

  /** BullMQ asks again at once after an error reply; that would be a loop at full speed. */
  #trouble(thrown: unknown): void {
    if (!this.#isUsable) return // Redis is away or unfit: the link has said so, and this rests already
    this.#options.telemetry.log('queue.trouble', { queue: this.#options.queue }, thrown)
    this.#options.onTrouble()
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => {
      this.#rest = undefined
      this.#settle()
    }, REST_MS)
    this.#settle()
  }

  async #process(job: Job<unknown, null, string>, token: string): Promise<null> {
    if (this.#isPaused) return await giveBack(job, token)
    const judgement = judgeJob(this.#options.queue, job.name, job.data)
    if (judgement.type === 'refused') {
      const { queue, telemetry } = this.#options
      telemetry.count('cordon.jobs.refused', { queue, refused: judgement.why })
      telemetry.log('queue.job.refused', { queue, refused: judgement.why })
      job.opts.removeOnFail = true
      throw new UnrecoverableError('refused')
    }
    const { name, payload } = judgement
    const execution = new Execution(job, token, this.#options.lockMs, () => this.#lost(name, job))
    const work = this.#run(job, execution, name, payload)
    this.#running = { id: job.id ?? '', execution, ended: work.catch(() => {}) }
    const watch = setInterval(() => execution.checkAge(), Math.min(AGE_LOOK_MS, this.#options.lockMs / 4))
    try {
      await work
    } finally {
      clearInterval(watch)
      this.#running = undefined
    }
    return null
  }

  async #run(
    job: Job<unknown, null, string>,
    execution: Execution,
    name: JobName,
    payload: JobPayload<JobName>,
  ): Promise<void> {
    const { telemetry, handler, followUp } = this.#options
    const about = { job: name, reason: payload.reason }
    const parent = parseTraceParent(job.opts.telemetry?.metadata)
    const span = telemetry.startSpan('job.work', { parent, attributes: { ...about, attempt: job.attemptsStarted } })
    try {
      const id = job.id ?? ''
      const { signal } = execution
      await handler(name)(payload, { id, signal, span: span.context, confirm: () => execution.confirm() })
      if (execution.isLost) signal.throwIfAborted()
      await followUp({ name, reason: payload.reason, id, span: span.context })
      span.end({ outcome: 'ok' })
      telemetry.count('cordon.jobs', { job: name, outcome: 'ok' })
    } catch (thrown) {
      span.fail(thrown)
      telemetry.count('cordon.jobs', { job: name, outcome: 'failed' })
      if (!execution.isLost) telemetry.log('queue.job.failed', about, thrown)
      // What was thrown may name a destination, and BullMQ would write its message into Redis.
      throw new UnrecoverableError('failed')
    }
  }

  #lost(name: JobName, job: Job<unknown, null, string>): void {
    this.#options.telemetry.count('cordon.jobs.locks.lost', { job: name })
    this.#options.telemetry.log('queue.lock.lost', { job: name, attempt: job.attemptsStarted })
  }
}

async function giveBack(job: Job<unknown, null, string>, token: string): Promise<never> {
  await job.moveToWait(token)
  throw new WaitingError()
}
