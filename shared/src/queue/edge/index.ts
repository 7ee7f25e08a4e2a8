/** Queue edge: the only place with BullMQ and ioredis, and so the one connection policy. */

export type { JobQueueOptions } from './open-job-queue.ts'
export { openJobQueue } from './open-job-queue.ts'
export { readQueuePlace } from './read-queue-place.ts'
