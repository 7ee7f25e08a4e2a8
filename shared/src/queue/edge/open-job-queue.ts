import type { JobName, QueueName, RedisSettings } from '../../contracts/index.ts'
import { internal } from '../../errors/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { type JobHandler, type JobQueue, planFollowUp, prefixOf, type QueuePlace, type QueueState } from '../index.ts'
import { JobProducer } from './job-producer.ts'
import { type DoneJob, JobWorker } from './job-worker.ts'
import { NoteBoard } from './note-board.ts'
import { openRedisClient, readRedisAccess } from './redis-client.ts'
import { RedisLink } from './redis-link.ts'

/** BullMQ's default: a worker that is silent this long has lost its job. */
const LOCK_MS = 30_000
/** Within the 30 s that a part has to stop. */
const CLOSE_WITHIN_MS = 10_000

export interface JobQueueOptions {
  readonly redis: RedisSettings
  readonly place: QueuePlace
  readonly telemetry: Telemetry
  /** How long a job stays a worker's that is silent, in milliseconds. */
  readonly lockMs?: number
  /** How often a Redis that can carry jobs is asked whether it still can, in milliseconds. */
  readonly checkEveryMs?: number
  readonly onState?: (state: QueueState) => void
}

/**
 * Open the queues of this process. Redis need not be there: the state says so, and it heals alone.
 *
 * Rejects only for settings that can never work (`QUE_SETTINGS_UNSAFE`, `CFG_UNREADABLE`).
 */
export async function openJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const { redis, place, telemetry, lockMs = LOCK_MS, checkEveryMs, onState } = options
  const access = await readRedisAccess(redis)
  const workers = new Map<QueueName, JobWorker>()
  const client = openRedisClient(access, 'impatient')
  const link = new RedisLink({
    client,
    probeKey: `${prefixOf('gateway', place)}:probe`,
    checkEveryMs,
    onChange: state => {
      if (state.type === 'usable') telemetry.log('queue.usable')
      else telemetry.log('queue.unusable', {}, state.why)
      for (const worker of workers.values()) worker.setUsable(state.type === 'usable')
      if (state.type === 'usable') producer.lookAfterKept()
      onState?.(state)
    },
  })
  const producer = new JobProducer({ client, link, place, telemetry })
  const notes = new NoteBoard({ client, link, place })
  const followUp = async ({ name, reason, id, span }: DoneJob): Promise<void> => {
    const next = planFollowUp(name, reason)
    if (next === undefined) return
    // The same id if this job is done again, so that what follows it is not.
    const given = { id: `after-${id}`.slice(0, 96), parent: span }
    // A Redis that did not answer just now must not be the end of what follows a sleep.
    await producer.add(next, { reason }, given).catch(() => producer.keep(next, { reason }, given))
  }
  return {
    add: (name, payload, given = {}) => producer.add(name, payload, given),
    keep: (name, payload, given) => producer.keep(name, payload, given),
    work: (queue, handlers) => {
      if (workers.has(queue)) throw internal(`there is a worker for ${queue} already`)
      const prefix = prefixOf(queue, place)
      const handler = (name: JobName): JobHandler<JobName> => (handlers as Record<JobName, JobHandler<JobName>>)[name]
      const worker = new JobWorker({
        queue,
        prefix,
        client: openRedisClient(access, 'patient'),
        lockMs,
        telemetry,
        handler,
        followUp,
        onTrouble: () => void link.check(),
      })
      workers.set(queue, worker)
      worker.setUsable(link.state.type === 'usable')
    },
    leaveNote: (queue, word, note) => notes.leave(queue, word, note),
    findNotes: (queue, words) => notes.find(queue, words),
    pause: async () => {
      await Promise.all([...workers.values()].map(worker => worker.pause()))
    },
    resume: () => {
      for (const worker of workers.values()) worker.resume()
    },
    state: () => link.state,
    close: async (withinMs = CLOSE_WITHIN_MS) => {
      await Promise.all([...workers.values()].map(worker => worker.close(withinMs)))
      await producer.close()
      link.close()
    },
  }
}
