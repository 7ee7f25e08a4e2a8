import { randomBytes, randomInt } from 'node:crypto'
import type { RedisSettings } from '@cordon/shared/contracts'
import type { JobQueue } from '@cordon/shared/queue'
import { openJobQueue, readQueuePlace } from '@cordon/shared/queue/edge'
import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import type { Verifier } from './verifier.ts'

/** Between two looks at isolation: often enough to notice soon, and at no fixed beat. Arbitrary. */
const VERIFY_MS = { least: 5 * 60_000, most: 15 * 60_000 }

/** After a sleep the clock is measured and health checked first; a look does not wait longer for that. Arbitrary. */
const RESUME_WAIT_MS = 60_000

export interface GatewayJobsOptions {
  readonly redis: RedisSettings
  readonly stateDirectory: string
  readonly telemetry: Telemetry
  readonly verifier: Verifier
  /** Settles when tor is there and builds circuits, and rejects while it is not. */
  health(): Promise<void>
}

/** The gateway's place on the queue: works on `gateway.verify`, and queues it at random times of its own. */
export class GatewayJobs {
  readonly #queue: JobQueue
  #timer: NodeJS.Timeout | undefined

  private constructor(queue: JobQueue) {
    this.#queue = queue
  }

  /** Open it. Redis need not be there; apps do not need it at all. */
  static async open({ redis, stateDirectory, telemetry, verifier, health }: GatewayJobsOptions): Promise<GatewayJobs> {
    const place = await readQueuePlace(stateDirectory)
    const queue = await openJobQueue({ redis, place, telemetry })
    const jobs = new GatewayJobs(queue)
    queue.work('health', { 'health.check': health })
    queue.work('gateway', {
      'gateway.verify': async ({ reason }, { confirm, span }) => {
        await verifier.verify(span, confirm)
        // The look that ends the chain of a resume comes in place of the one that would not have waited for it.
        if (reason === 'resume') jobs.#plan('schedule')
      },
    })
    return jobs
  }

  /** Look now, at the start or when tor has come back, and from now on at random times. */
  verify(): void {
    this.#plan('start')
  }

  /** Look again after a sleep: when the clock and health have been seen to, or soon if nobody sees to them. */
  resumed(parent: SpanContext | undefined): void {
    this.#plan('resume', parent)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#queue.close()
  }

  /** When it is due is decided here, by a timer that no step of the clock moves; only what is due is queued. */
  #plan(reason: 'start' | 'resume' | 'schedule', parent?: SpanContext): void {
    const afterMs = { start: 0, resume: RESUME_WAIT_MS, schedule: randomInt(VERIFY_MS.least, VERIFY_MS.most) }[reason]
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      try {
        this.#queue.keep('gateway.verify', { reason }, { id: `verify-${randomBytes(8).toString('hex')}`, parent })
      } catch {
        // Too many wait for Redis already: the next look does for this one too.
      }
      this.#plan('schedule')
    }, afterMs)
    this.#timer.unref()
  }
}
