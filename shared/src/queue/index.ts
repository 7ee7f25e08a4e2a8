/**
 * Queue: jobs between services, typed by their contracts and trusted by nobody.
 *
 * Belongs here: judging jobs and Redis, the names of queues, what follows what, what is kept; in `edge/`, BullMQ and
 * the connections. Does not belong here: when a job is due, what it does, and any decision read from Redis.
 */
export { planFollowUp } from './follow-up.ts'
export type {
  AddOptions,
  JobExecution,
  JobHandler,
  JobHandlers,
  JobQueue,
  KeepOptions,
  QueueState,
} from './job-queue.ts'
export type { Judgement } from './judge-job.ts'
export { judgeJob, PAYLOAD_MAX_BYTES, readRawPayload } from './judge-job.ts'
export type { KeptJob } from './kept-jobs.ts'
export { KeptJobs } from './kept-jobs.ts'
export type { QueuePlace } from './queue-place.ts'
export { prefixOf } from './queue-place.ts'
export { explainRedisError, judgeRedis } from './redis-fitness.ts'
