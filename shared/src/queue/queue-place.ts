import { JOBS, type QueueName } from '../contracts/index.ts'
import { internal } from '../errors/index.ts'

/** Whose jobs: the machines that share update checks, and this one among them. */
export interface QueuePlace {
  readonly fleet: string
  readonly instance: string
}

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

/**
 * Name the keys of one queue. The braces keep them in one slot of a Redis Cluster, which scripts need (Redis Cluster
 * specification, "Hash tags").
 */
export function prefixOf(queue: QueueName, { fleet, instance }: QueuePlace): string {
  // A brace or a colon in a name would make one machine's keys another's.
  if (!NAME.test(fleet) || !NAME.test(instance)) throw internal('a fleet or instance has an illegal name')
  return scopeOf(queue) === 'fleet' ? `{cordon:${fleet}}` : `{cordon:${fleet}:${instance}}`
}

function scopeOf(queue: QueueName): 'fleet' | 'instance' {
  const job = Object.values(JOBS).find(candidate => candidate.queue === queue)
  if (job === undefined) throw internal(`the queue ${queue} has no job`)
  return job.scope
}
