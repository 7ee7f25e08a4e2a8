import { type JobName, type JobReason, RESUME_ORDER } from '../contracts/index.ts'

/**
 * Plan what is queued after a job was done: the next of the resume order, if it was one of a resume.
 *
 * It is a chain and not a flow of BullMQ: the worker that did the work knows that it went well, and a flow would
 * believe a field in Redis. A flow that lost a child (FLUSHALL) waits for ever; a chain is begun again by who keeps
 * its first job.
 */
export function planFollowUp(name: JobName, reason: JobReason): (typeof RESUME_ORDER)[number] | undefined {
  if (reason !== 'resume') return undefined
  const at = (RESUME_ORDER as readonly JobName[]).indexOf(name)
  return at < 0 ? undefined : RESUME_ORDER[at + 1]
}
