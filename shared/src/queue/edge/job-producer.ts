import { randomUUID } from 'node:crypto'
import { Queue } from 'bullmq'
import { JOBS, type JobName, type JobPayload, type QueueName } from '../../contracts/index.ts'
import { Fault, internal } from '../../errors/index.ts'
import { withDeadline } from '../../runtime/edge/index.ts'
import { formatTraceParent, type Telemetry } from '../../telemetry/index.ts'
import {
  type AddOptions,
  explainRedisError,
  judgeJob,
  type KeepOptions,
  type KeptJob,
  KeptJobs,
  prefixOf,
  type QueuePlace,
} from '../index.ts'
import { FINISHED_KEPT } from './guarded-worker.ts'
import { COMMAND_DEADLINE_MS, type RedisClient } from './redis-client.ts'
import type { RedisLink } from './redis-link.ts'

/** How often it is asked whether a kept job is done. It bounds how late a flushed one is queued again. Arbitrary. */
const LOOK_AFTER_MS = 2000
/** Events that a queue keeps in Redis; nobody reads them. */
const EVENTS_KEPT = 16

// What BullMQ takes as a custom id: no colon, and not a number.
const JOB_ID = /^[a-z][a-z0-9-]{0,95}$/

export interface JobProducerOptions {
  readonly client: RedisClient
  readonly link: RedisLink
  readonly place: QueuePlace
  readonly telemetry: Telemetry
}

/** Queues jobs that are due. */
export class JobProducer {
  readonly #options: JobProducerOptions
  readonly #queues = new Map<QueueName, Queue>()
  readonly #kept = new KeptJobs()
  #timer: NodeJS.Timeout | undefined
  #isLooking = false
  #isClosed = false

  constructor(options: JobProducerOptions) {
    this.#options = options
  }

  async add(name: JobName, payload: JobPayload<JobName>, { id, parent }: AddOptions): Promise<string> {
    const jobId = id ?? `r${randomUUID()}`
    check(name, payload, jobId)
    const span = this.#options.telemetry.startSpan('job.add', {
      parent,
      attributes: { job: name, reason: payload.reason },
    })
    try {
      await this.#send(name, payload, jobId, formatTraceParent(span.context))
      span.end({ outcome: 'ok' })
      return jobId
    } catch (thrown) {
      const fault = explainRedisError(thrown)
      span.fail(fault)
      if (!this.#isClosed) void this.#options.link.check()
      throw fault
    }
  }

  keep(name: JobName, payload: JobPayload<JobName>, { id, parent, ended }: KeepOptions): void {
    check(name, payload, id)
    if (this.#isClosed) throw closed()
    const traceParent = parent === undefined ? undefined : formatTraceParent(parent)
    this.#kept.keep({ id, name, payload, traceParent, ended })
    this.lookAfterKept()
  }

  /** Queue the kept jobs that Redis does not know (any more), and release those that are done; now, and again. */
  lookAfterKept(): void {
    clearTimeout(this.#timer)
    if (this.#isLooking || this.#isClosed) return
    this.#isLooking = true
    const look = async (): Promise<void> => {
      // What fails is tried again, and the state says why: there is nothing to add here.
      for (const job of this.#kept.list()) await this.#lookAfter(job).catch(() => {})
      this.#isLooking = false
      if (this.#isClosed || this.#kept.list().length === 0) return
      this.#timer = setTimeout(() => this.lookAfterKept(), LOOK_AFTER_MS)
    }
    void look()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const queue of this.#queues.values()) await queue.close().catch(() => {})
  }

  async #lookAfter({ id, name, payload, traceParent }: KeptJob): Promise<void> {
    const state = await this.#queueOf(JOBS[name].queue).getJobState(id)
    // A failed one is released too: whether it is worth another try is for who keeps it, who says so by another id.
    if (state === 'completed' || state === 'failed') this.#kept.release(id)
    else if (state === 'unknown') await this.#send(name, payload, id, traceParent)
  }

  async #send(
    name: JobName,
    payload: JobPayload<JobName>,
    jobId: string,
    traceParent: string | undefined,
  ): Promise<void> {
    const options = {
      jobId,
      attempts: 1,
      removeOnComplete: FINISHED_KEPT,
      removeOnFail: FINISHED_KEPT,
      ...(traceParent === undefined ? {} : { telemetry: { metadata: traceParent } }),
    }
    const queue = this.#queueOf(JOBS[name].queue)
    await withDeadline(queue.add(name, payload, options), COMMAND_DEADLINE_MS, () => new Error('no answer'))
  }

  #queueOf(name: QueueName): Queue {
    if (this.#isClosed) throw closed()
    const { client, link, place } = this.#options
    if (link.state.type === 'unusable') throw link.state.why
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const queue = new Queue(name, {
      connection: client,
      prefix: prefixOf(name, place),
      skipVersionCheck: true,
      streams: { events: { maxLen: EVENTS_KEPT } },
    })
    queue.on('error', () => {}) // the link has told already, and says when it is over
    // One that never became ready never will be.
    queue.waitUntilReady().catch(() => this.#queues.delete(name))
    this.#queues.set(name, queue)
    return queue
  }
}

function check(name: JobName, payload: unknown, id: string): void {
  if (!JOB_ID.test(id)) throw internal('a job has an illegal id')
  if (!Object.hasOwn(JOBS, name) || judgeJob(JOBS[name].queue, name, payload).type === 'refused') {
    throw new Fault('QUE_JOB_INVALID', 'a job that does not fit its contract was not queued', {
      where: 'process',
      retry: 'never',
    })
  }
}

const closed = (): Fault =>
  new Fault('QUE_CLOSED', 'the queue of this part is closed', { where: 'process', retry: 'after-waiting' })
