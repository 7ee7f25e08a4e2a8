import type { JobName, JobPayload } from '../contracts/index.ts'
import { Fault } from '../errors/index.ts'

/** Jobs kept at once. A service has a handful that are due. Arbitrary. */
const KEPT_MAX = 64

/** A job that is queued again until it is seen to be done. */
export interface KeptJob {
  readonly id: string
  readonly name: JobName
  readonly payload: JobPayload<JobName>
  readonly traceParent: string | undefined
  /** Who wants to know that it has ended. */
  readonly ended?: (() => void) | undefined
}

/** The jobs that must not get lost, whatever becomes of Redis; bounded, and in the order they became due. */
export class KeptJobs {
  readonly #jobs = new Map<string, KeptJob>()

  /** Keep a job, or throw a Fault `QUE_PENDING_FULL`. A second one of the same id is the first. */
  keep(job: KeptJob): void {
    if (this.#jobs.has(job.id)) return
    if (this.#jobs.size >= KEPT_MAX) {
      throw new Fault('QUE_PENDING_FULL', `${KEPT_MAX} jobs wait for Redis already`, {
        where: 'local',
        retry: 'after-waiting',
        next: 'See `cordon status` for what redis waits for.',
      })
    }
    this.#jobs.set(job.id, job)
  }

  /** Let a job go that has ended. */
  release(id: string): void {
    const job = this.#jobs.get(id)
    this.#jobs.delete(id)
    job?.ended?.()
  }

  list(): readonly KeptJob[] {
    return [...this.#jobs.values()]
  }
}
