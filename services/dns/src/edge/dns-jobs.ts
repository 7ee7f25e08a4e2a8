import { randomBytes, randomInt } from 'node:crypto'
import type { RedisSettings } from '@cordon/shared/contracts'
import type { JobQueue } from '@cordon/shared/queue'
import { openJobQueue, readQueuePlace } from '@cordon/shared/queue/edge'
import type { Telemetry } from '@cordon/shared/telemetry'

/** Between two looks at the listeners: at no fixed beat. Arbitrary. */
const VERIFY_MS = { least: 5 * 60_000, most: 15 * 60_000 }

export interface DnsJobsOptions {
  readonly redis: RedisSettings
  readonly stateDirectory: string
  readonly telemetry: Telemetry
  /** Ask every listener a question of its own, and open again what does not answer. */
  verify(): Promise<void>
}

/** The place of dns on the queue: works on `dns.verify`, and queues it at random times of its own. */
export class DnsJobs {
  readonly #queue: JobQueue
  #timer: NodeJS.Timeout | undefined

  private constructor(queue: JobQueue) {
    this.#queue = queue
    this.#schedule()
  }

  /** Open it. Redis need not be there; names are answered without it. */
  static async open({ redis, stateDirectory, telemetry, verify }: DnsJobsOptions): Promise<DnsJobs> {
    const place = await readQueuePlace(stateDirectory)
    const queue = await openJobQueue({ redis, place, telemetry })
    queue.work('dns', { 'dns.verify': verify })
    return new DnsJobs(queue)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#queue.close()
  }

  /** When it is due is decided here, by a timer that no step of the clock moves; only what is due is queued. */
  #schedule(): void {
    this.#timer = setTimeout(
      () => {
        try {
          this.#queue.keep('dns.verify', { reason: 'schedule' }, { id: `dns-${randomBytes(8).toString('hex')}` })
        } catch {
          // Too many wait for Redis already: the next look does for this one too.
        }
        this.#schedule()
      },
      randomInt(VERIFY_MS.least, VERIFY_MS.most),
    )
    this.#timer.unref()
  }
}
