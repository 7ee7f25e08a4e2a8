import { JOBS, type JobName, type JobPayload, type QueueName } from '../contracts/index.ts'
import { fits } from '../schema/index.ts'

/** The longest payload as JSON. The largest of ours has 120 bytes. */
export const PAYLOAD_MAX_BYTES = 1024

/** A job that is ours, or why it is not. */
export type Judgement =
  | { readonly type: 'accepted'; readonly name: JobName; readonly payload: JobPayload<JobName> }
  | { readonly type: 'refused'; readonly why: 'unknown-job' | 'payload' | 'size' }

/** Judge a job by what it is, wherever it comes from: the queue's content is as untrusted as a stranger's. */
export function judgeJob(queue: QueueName, name: unknown, payload: unknown): Judgement {
  if (typeof name !== 'string' || !isJobName(name) || JOBS[name].queue !== queue) {
    return { type: 'refused', why: 'unknown-job' }
  }
  if (!fits(JOBS[name].payload, payload)) return { type: 'refused', why: 'payload' }
  if (JSON.stringify(payload).length > PAYLOAD_MAX_BYTES) return { type: 'refused', why: 'size' }
  return { type: 'accepted', name, payload }
}

const isJobName = (name: string): name is JobName => Object.hasOwn(JOBS, name)

/** A job as Redis returned it, before anything of it is parsed. */
interface RawJob {
  readonly data: string
  readonly name: string
}

/**
 * Read the payload of a job, without parsing one that is too long. What is no JSON is `null`, which no job's schema
 * accepts.
 */
export function readRawPayload({ data }: RawJob): string {
  if (typeof data !== 'string' || data.length > PAYLOAD_MAX_BYTES) return 'null'
  try {
    JSON.parse(data)
    return data
  } catch {
    return 'null' // refused by its schema, and counted there
  }
}
