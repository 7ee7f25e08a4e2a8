import { type Job, type JobJson, Worker } from 'bullmq'
import { readRawPayload } from '../index.ts'

/** Finished jobs that stay for a while, so that their ids are known: idempotency, and nothing else. Arbitrary. */
export const FINISHED_KEPT = 200

/**
 * BullMQ's worker, which parses, obeys and keeps whatever stands in a job, behind a filter: of a job nothing counts
 * but its name, its payload, its trace, and BullMQ's own counters.
 */
export class GuardedWorker extends Worker<unknown, null, string> {
  protected override createJob(raw: JobJson, id: string): Job<unknown, null, string> {
    const job = super.createJob({ ...raw, data: readRawPayload(raw), returnvalue: '', stacktrace: '[]' }, id)
    const trace = job.opts.telemetry?.metadata
    // A forged job could ask to be repeated, retried for ever, kept for ever, or reported to another queue's job.
    job.opts = {
      attempts: 1,
      removeOnComplete: FINISHED_KEPT,
      removeOnFail: FINISHED_KEPT,
      ...(typeof trace === 'string' ? { telemetry: { metadata: trace } } : {}),
    }
    delete job.repeatJobKey
    delete job.parentKey
    delete job.parent
    return job
  }
}
